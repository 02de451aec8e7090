"""Small pieces of evidence that every family must survive: empty, one row, all null, constant, healthy, broken."""

from datetime import UTC, datetime, timedelta

import networkx as nx
import numpy as np

from schemas.evidence import (
    ColumnProfile,
    Evidence,
    ModelEvidence,
    Onset,
    OperationProfile,
    Rows,
    Series,
    Symptom,
    VersionSpan,
    Window,
)
from schemas.incident import Change, Incident
from schemas.system import Edge, Node, System

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, WINDOW_DAYS = 20, 5
ONSET = START + timedelta(days=DAYS - WINDOW_DAYS)
END = START + timedelta(days=DAYS)
EDGES = np.linspace(-3, 3, 13)
ROLES = ("below", *["range"] * 12, "above", "null")


def make_system() -> System:
    nodes = (
        Node(id="feed", kind="dataset"),
        Node(id="scorer", kind="model", task="binary"),
        Node(id="api", kind="service"),
        Node(id="approval", kind="kpi"),
    )
    edges = (
        Edge.model_validate({"from": "feed", "to": "scorer", "columns": ["a", "b"]}),
        Edge.model_validate({"from": "api", "to": "scorer"}),
        Edge.model_validate({"from": "scorer", "to": "approval"}),
    )
    return System(nodes=nodes, edges=edges)


def bin_of(x: np.ndarray) -> np.ndarray:
    position = np.clip(np.searchsorted(EDGES, x, side="right"), 0, 13)
    return np.where(np.isnan(x), 14, position).astype(np.int64)


def profile_of(column: str, x: np.ndarray, day: np.ndarray) -> ColumnProfile:
    position = bin_of(x)
    counts = np.zeros((DAYS, len(ROLES)))
    np.add.at(counts, (day, position), 1)
    after = counts[DAYS - WINDOW_DAYS :].sum(axis=0)
    zeros = np.zeros(len(ROLES))
    left = np.full(len(ROLES), np.nan)
    left[1:13] = EDGES[:-1]
    right = np.full(len(ROLES), np.nan)
    right[1:13] = EDGES[1:]
    return ColumnProfile(
        node="scorer",
        column=column,
        part="",
        kind="numeric",
        roles=ROLES,
        labels=tuple(f"bin {i}" for i in range(len(ROLES))),
        left=left,
        right=right,
        ts=days(),
        counts=counts,
        sum_value=np.zeros(DAYS),
        sum_value_sq=np.zeros(DAYS),
        reference=zeros,
        before=counts[: DAYS - WINDOW_DAYS].sum(axis=0),
        after=after,
        loss_before=zeros,
        loss_after=zeros,
        labelled_before=zeros,
        labelled_after=zeros,
    )


def days(count: int = DAYS) -> np.ndarray:
    return np.datetime64("2026-03-01", "us") + np.arange(count) * np.timedelta64(1, "D")


def series(node: str, metric: str, value: np.ndarray) -> Series:
    return Series(node, metric, days(len(value)), value.astype(float), np.full(len(value), 100.0))


def make_symptom(node: str = "scorer", metric: str = "auc", value: float = 0.7, p_value: float = 1e-9) -> Symptom:
    incident = Incident(id="i", node=node, metric=metric, detected_at=ONSET + timedelta(days=1))
    line = np.where(np.arange(DAYS) < DAYS - WINDOW_DAYS, 0.8, value)
    return Symptom(
        incident=incident,
        direction="down",
        baseline=Window(START, ONSET),
        window=Window(ONSET, END),
        onset=Onset(ONSET, ONSET - timedelta(days=1), ONSET + timedelta(days=1)),
        series=series(node, metric, line),
        baseline_value=0.8,
        value=value,
        p_value=p_value,
        z=-9.0,
        bucket_seconds=86_400.0,
    )


def make_model(x: dict[str, np.ndarray], prediction: np.ndarray, label: np.ndarray, day: np.ndarray) -> ModelEvidence:
    after = day >= DAYS - WINDOW_DAYS
    rows = Rows(
        after=after,
        ts=np.datetime64("2026-03-01", "us") + day * np.timedelta64(1, "D"),
        version=np.array(["v1"] * len(day), dtype=object),
        prediction=prediction,
        label=label,
        score=(prediction - label) ** 2,
        bins={name: bin_of(value) for name, value in x.items()},
        values=dict(x),
    )
    mean = np.array([prediction[day == d].mean() if (day == d).any() else np.nan for d in range(DAYS)])
    return ModelEvidence(
        node=Node(id="scorer", kind="model", task="binary"),
        columns={name: profile_of(name, value, day) for name, value in x.items()},
        outputs={
            "prediction_mean": series("scorer", "prediction_mean", mean),
            "rows": series("scorer", "rows", np.bincount(day, minlength=DAYS)),
        },
        rows=rows,
        versions=(VersionSpan("v1", START, END, int((~after).sum()), int(after.sum())),),
        producers={"a": "feed", "b": "feed"},
        batches=(),
        score_name="squared error",
    )


def mean_of(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def make_operation(self_ms: np.ndarray) -> OperationProfile:
    n = np.full(len(self_ms), 50.0)
    return OperationProfile(
        service="api",
        operation="GET /score",
        ts=days(len(self_ms)),
        n=n,
        errors=np.zeros(len(self_ms)),
        self_ms=self_ms,
        self_p95_ms=self_ms * 2,
        total_ms=self_ms,
        per_request_before=mean_of(self_ms[: DAYS - WINDOW_DAYS]),
        per_request_after=mean_of(self_ms[DAYS - WINDOW_DAYS :]),
    )


def make_evidence(
    model: ModelEvidence | None = None,
    symptom: Symptom | None = None,
    operations: tuple[OperationProfile, ...] | None = None,
    changes: tuple[Change, ...] = (),
) -> Evidence:
    system = make_system()
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from((n.id, {"kind": n.kind, "owner": None, "declared": True}) for n in system.nodes)
    graph.add_edges_from((e.source, e.target, {"columns": e.columns, "origin": "declared"}) for e in system.edges)
    return Evidence(
        symptom=symptom or make_symptom(),
        system=system,
        graph=graph,
        upstream=frozenset(n.id for n in system.nodes),
        models={"scorer": model} if model else {},
        operations=operations,
        metrics=(),
        changes=changes,
    )


def logged(rows: int, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Return columns a (matters), b (related to a), c (does not matter), a calibrated prediction, label and day."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=rows)
    x = {"a": a, "b": 0.6 * a + 0.8 * rng.normal(size=rows), "c": rng.normal(size=rows)}
    prediction = 1 / (1 + np.exp(-(1.6 * x["a"] + 0.7 * x["b"])))
    label = (rng.random(rows) < prediction).astype(float)
    return x, prediction, label, rng.integers(0, DAYS, rows)


def rescored(x: dict[str, np.ndarray]) -> np.ndarray:
    """Return what the model of `logged` says to corrupted inputs (nulls count as 0, values are cut at 3)."""
    a, b = (np.clip(np.nan_to_num(x[name]), -3, 3) for name in ("a", "b"))
    return 1 / (1 + np.exp(-(1.6 * a + 0.7 * b)))


def broken(what: str, rows: int = 6000) -> Evidence:
    """Return evidence with one input fault in the window, honestly rescored."""
    x, prediction, label, day = logged(rows)
    late = day >= DAYS - WINDOW_DAYS
    rng = np.random.default_rng(1)
    faulty = {name: value.copy() for name, value in x.items()}
    column, change = what.split(":")
    if change == "null":
        faulty[column][late] = np.nan
    elif change == "scale":
        faulty[column][late] *= 100
    elif change == "frozen":
        faulty[column][late] = 0.25
    elif change == "shuffled":
        faulty[column][late] = rng.permutation(faulty[column][late])
    return make_evidence(make_model(faulty, np.where(late, rescored(faulty), prediction), label, day))


def degenerate() -> dict[str, Evidence]:
    """Return the worlds of the laws, by name."""
    x, prediction, label, day = logged(2000)
    nothing = np.array([])
    empty = dict.fromkeys(x, nothing)
    nulls = {name: np.full(2000, np.nan) for name in x}
    ones = {name: np.ones(2000) for name in x}
    few = {name: value[:1] for name, value in x.items()}
    change = Change(ts=ONSET, node="api", kind="config", title="pool_size")
    return {
        "nothing at all": make_evidence(),
        "no rows": make_evidence(make_model(empty, nothing, nothing, nothing.astype(int))),
        "one row": make_evidence(make_model(few, prediction[:1], label[:1], day[:1])),
        "all null": make_evidence(make_model(nulls, np.full(2000, np.nan), np.full(2000, np.nan), day)),
        "null inputs": make_evidence(make_model(nulls, prediction, label, day)),
        "constant": make_evidence(make_model(ones, np.full(2000, 0.5), np.ones(2000), day)),
        "no labels": make_evidence(make_model(x, prediction, np.full(2000, np.nan), day)),
        "healthy": make_evidence(make_model(x, prediction, label, day), changes=(change,)),
        "kpi": make_evidence(make_model(x, prediction, label, day), make_symptom("approval", "rate")),
        "empty spans": make_evidence(None, make_symptom("api", "latency_p95"), operations=()),
        "one span": make_evidence(None, make_symptom("api", "latency_p95"), (make_operation(np.array([5.0])),)),
        "gaps": make_evidence(None, make_symptom("api", "latency_p95"), (make_operation(np.full(DAYS, np.nan)),)),
        "broken": broken("a:scale"),
    }
