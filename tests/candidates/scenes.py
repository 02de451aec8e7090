"""Whole incidents in memory: a scorer fed by an embedder and two data sets, and the KPI behind it.

`logs` draws what both models logged, a fault changes it, `evidence_of` reduces it as the engine would.

    users ──u, v──▶ embedder ──score──▶ scorer ──▶ approval
    payments ──amount, temp, …──────────▲    ▲
    api ─────────────────────────────────────┘
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np

from candidates import families
from candidates.measures.scores import metric_function
from rankers import heuristic
from rankers.proposed import Ranked
from rca.blame import assign_blame
from rca.graph import build_graph, upstream_of
from schemas.candidate import Candidate
from schemas.evidence import (
    ColumnProfile,
    Evidence,
    ModelEvidence,
    Onset,
    Rows,
    SchemaObservation,
    Series,
    Symptom,
    VersionSpan,
    Window,
)
from schemas.incident import Change, Incident
from schemas.system import System
from tests.laws.worlds import DAYS, END, ONSET, START, WINDOW_DAYS, days

FIRST_DAY = DAYS - WINDOW_DAYS
ROWS = 5000
NUMERIC = ("amount", "temp", "follower", "noise")
COUNTRIES = ("de", "fr", "it", "nl", "pl")
SHARES = (0.35, 0.25, 0.2, 0.15, 0.05)
COUNTRY_EFFECT = {"de": 1.0, "fr": -0.9, "it": 0.2, "nl": -0.4, "pl": 1.4}
SYSTEM = System.model_validate(
    {
        "nodes": [
            {"id": "users", "kind": "dataset"},
            {"id": "payments", "kind": "dataset"},
            {"id": "embedder", "kind": "model", "task": "regression"},
            {"id": "scorer", "kind": "model", "task": "binary"},
            {"id": "api", "kind": "service"},
            {"id": "approval", "kind": "kpi"},
        ],
        "edges": [
            {"from": "users", "to": "embedder", "columns": ["u", "v"]},
            {"from": "payments", "to": "scorer", "columns": [*NUMERIC, "country"]},
            {"from": "embedder", "to": "scorer", "columns": ["score"]},
            {"from": "api", "to": "scorer"},
            {"from": "scorer", "to": "approval"},
        ],
    }
)


@dataclass(frozen=True)
class Log:
    """What one model logged: columns (N,), prediction, label, version, day; `schema` changes a column's batches.

    `schema`: column -> `dropped` | `added` | (type, kind) of the window's batches.
    """

    columns: Mapping[str, np.ndarray]
    prediction: np.ndarray
    label: np.ndarray
    day: np.ndarray
    version: np.ndarray
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def late(self) -> np.ndarray:
        """Return which rows lie in the incident's window."""
        return self.day >= FIRST_DAY


Logs = dict[str, Log]
Fault = Callable[[Logs], Logs]


def embed(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the embedder's output; null counts as 0."""
    u, v = (np.nan_to_num(columns[name]) for name in ("u", "v"))
    return 0.8 * u + 0.6 * v


def score(columns: Mapping[str, np.ndarray], amount: float = 1.3, scale: float = 1.0) -> np.ndarray:
    """Return what the scorer says: additive, cut at the range it learned on, null and unknown count as 0."""

    def part(values: np.ndarray, centre: float, spread: float) -> np.ndarray:
        return np.clip(np.nan_to_num((values - centre) / spread), -3, 3)

    effect = np.array([COUNTRY_EFFECT.get(c, 0.0) for c in columns["country"]])
    logit = amount * part(columns["amount"], 25, 12) + 0.9 * part(columns["temp"], 15, 6)
    logit = logit + 0.2 * part(columns["follower"], 0, 1) + effect + 0.8 * part(columns["score"], 0, 1)
    return 1 / (1 + np.exp(-scale * logit))


def logs(rows: int = ROWS, seed: int = 0) -> Logs:
    """Return healthy logs of both models."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, DAYS, rows))
    driver = rng.normal(size=rows)
    u = {"u": rng.normal(size=rows), "v": rng.normal(size=rows)}
    x = {
        "amount": 25 + 12 * driver,
        "temp": 15 + 6 * (0.5 * driver + np.sqrt(0.75) * rng.normal(size=rows)),
        "follower": 0.8 * driver + 0.6 * rng.normal(size=rows),
        "noise": rng.gamma(2.0, 10.0, rows),
        "country": rng.choice(np.array(COUNTRIES, dtype=object), rows, p=SHARES),
        "score": embed(u),
    }
    prediction = score(x)
    version = np.full(rows, "v1", dtype=object)
    nothing = np.full(rows, np.nan)
    return {
        "embedder": Log(u, x["score"], nothing, day, version),
        "scorer": Log(x, prediction, (rng.random(rows) < prediction).astype(float), day, version),
    }


def rescored(scene: Logs, **changed: np.ndarray) -> Logs:
    """Return the logs with some of the scorer's columns replaced and the window's rows honestly rescored."""
    log = scene["scorer"]
    columns = dict(log.columns) | changed
    return scene | {
        "scorer": replace(log, columns=columns, prediction=np.where(log.late, score(columns), log.prediction))
    }


def corrupted(
    column: str, change: Callable[[np.ndarray, np.random.Generator], np.ndarray], share: float = 1.0
) -> Fault:
    """Return the fault that changes a share of one column's values in the window."""

    def apply(scene: Logs) -> Logs:
        log, rng = scene["scorer"], np.random.default_rng(7)
        hit = log.late & (rng.random(len(log.day)) < share)
        values = log.columns[column].copy()
        values[hit] = change(values[hit], rng)
        return rescored(scene, **{column: values})

    return apply


def reversioned(scene: Logs, node: str, version: str = "v2") -> Logs:
    """Return the logs with a new version of a model from the onset on."""
    log = scene[node]
    return scene | {node: replace(log, version=np.where(log.late, version, log.version).astype(object))}


def answered(scene: Logs, prediction: np.ndarray) -> Logs:
    """Return the logs with the scorer's answers replaced in the window."""
    log = scene["scorer"]
    return scene | {"scorer": replace(log, prediction=np.where(log.late, prediction, log.prediction))}


def embedded(scene: Logs, output: np.ndarray, **inputs: np.ndarray) -> Logs:
    """Return the logs with the embedder's output (and inputs) replaced in the window, the scorer reading it."""
    log = scene["embedder"]
    output = np.where(log.late, output, log.prediction)
    changed = replace(log, prediction=output, columns=dict(log.columns) | inputs)
    return rescored(scene | {"embedder": changed}, score=output)


def profile_of(node: str, column: str, values: np.ndarray, day: np.ndarray) -> tuple[ColumnProfile, np.ndarray]:
    """Return a column's profile with bins from the baseline, and each row's bin."""
    late = day >= FIRST_DAY
    if values.dtype == object:
        known = [str(v) for v in sorted({v for v in values[~late] if v is not None})]
        roles, labels = ("null", *["category"] * len(known), "unseen"), ("null", *known, "unseen")
        place = {None: 0} | {value: i for i, value in enumerate(known, start=1)}
        position = np.array([place.get(v, len(known) + 1) for v in values], dtype=np.int64)
        left = right = np.full(len(roles), np.nan)
    else:
        base = values[~late & np.isfinite(values)]
        base = base if len(base) else values[np.isfinite(values)]
        edges = np.unique(np.quantile(base, np.linspace(0, 1, 21))) if len(base) else np.array([0.0, 1.0])
        edges[-1] += 1e-9
        ranges = len(edges) - 1
        roles = ("null", "below", *["range"] * ranges, "above")
        labels = tuple(f"bin {i}" for i in range(len(roles)))
        position = np.searchsorted(edges, values, side="right") + 1
        position = np.where(np.isnan(values), 0, position).astype(np.int64)
        left, right = np.full(len(roles), np.nan), np.full(len(roles), np.nan)
        left[2 : ranges + 2], right[2 : ranges + 2] = edges[:-1], edges[1:]
    counts = np.zeros((DAYS, len(roles)))
    np.add.at(counts, (day, position), 1)
    zeros = np.zeros(len(roles))
    profile = ColumnProfile(
        node=node,
        column=column,
        part="",
        kind="category" if values.dtype == object else "numeric",
        roles=roles,
        labels=labels,
        left=left,
        right=right,
        ts=days(),
        counts=counts,
        sum_value=np.zeros(DAYS),
        sum_value_sq=np.zeros(DAYS),
        reference=zeros,
        before=counts[:FIRST_DAY].sum(axis=0),
        after=counts[FIRST_DAY:].sum(axis=0),
        loss_before=zeros,
        loss_after=zeros,
        labelled_before=zeros,
        labelled_after=zeros,
    )
    return profile, position


def _batches(node: str, log: Log) -> tuple[SchemaObservation, ...]:
    """Return one batch a day, all of the same schema but for `Log.schema` in the window."""
    out = []
    per_day = np.bincount(log.day, minlength=DAYS)
    for number in range(DAYS):
        late = number >= FIRST_DAY
        first = START + timedelta(days=number)
        for position, (column, values) in enumerate(log.columns.items()):
            change = log.schema.get(column)
            if (change == "dropped" and late) or (change == "added" and not late):
                continue
            usual = ("VARCHAR", "category") if values.dtype == object else ("DOUBLE", "numeric")
            kept, kind = change if isinstance(change, tuple) and late else usual
            uncast = int(per_day[number]) if isinstance(change, tuple) and late else 0
            last = first + timedelta(hours=23, minutes=59)
            rows = int(per_day[number])
            out.append(SchemaObservation(node, column, position, kept, kind, rows, 0, uncast, first, last))
    return tuple(out)


def _vocabulary(values: np.ndarray, late: np.ndarray) -> tuple[tuple[str, int, int], ...]:
    known = [v for v in values if v is not None]
    before = [v for v, is_late in zip(values, late, strict=True) if v is not None and not is_late]
    found = {v: (before.count(v), known.count(v) - before.count(v)) for v in set(known)}
    return tuple((v, *found[v]) for v in sorted(found, key=lambda v: (-sum(found[v]), v)))


def _versions(log: Log) -> tuple[VersionSpan, ...]:
    out = []
    for version in sorted(set(log.version)):
        mine = log.version == version
        at = [START + timedelta(days=int(d)) for d in (log.day[mine].min(), log.day[mine].max() + 1)]
        out.append(VersionSpan(str(version), at[0], at[1], int((mine & ~log.late).sum()), int((mine & log.late).sum())))
    return tuple(out)


def daily(node: str, metric: str, values: np.ndarray, day: np.ndarray) -> Series:
    """Return a series of daily means."""
    n = np.bincount(day, minlength=DAYS).astype(float)
    total = np.bincount(day, values, minlength=DAYS)
    return Series(node, metric, days(), np.divide(total, n, out=np.full(DAYS, np.nan), where=n > 0), n)


def model_of(node: str, log: Log) -> ModelEvidence:
    """Reduce one model's log."""
    declared = SYSTEM.by_id[node]
    made = {name: profile_of(node, name, values, log.day) for name, values in log.columns.items()}
    mean = daily(node, "prediction_mean", log.prediction, log.day)
    positive = daily(node, "positive_rate", (log.prediction >= 0.5).astype(float), log.day)
    return ModelEvidence(
        node=declared,
        columns={name: profile for name, (profile, _) in made.items()},
        outputs={"prediction_mean": mean, "rows": Series(node, "rows", mean.ts, mean.n, mean.n)}
        | ({"positive_rate": positive} if declared.task == "binary" else {}),
        rows=Rows(
            after=log.late,
            ts=days()[log.day],
            version=log.version,
            prediction=log.prediction,
            label=log.label,
            score=(log.prediction - log.label) ** 2,
            bins={name: position for name, (_, position) in made.items()},
            values={name: values for name, values in log.columns.items() if values.dtype != object},
        ),
        versions=_versions(log),
        producers={c: e.source for e in SYSTEM.edges if e.target == node for c in e.columns},
        batches=_batches(node, log),
        score_name="squared error",
        vocabulary={n: _vocabulary(v, log.late) for n, v in log.columns.items() if v.dtype == object},
    )


def symptom_of(log: Log, metric: str, kpi: Series | None = None) -> Symptom:
    """Return the symptom: the scorer's metric as logged, or a KPI's."""
    if kpi is None:
        judge = metric_function(metric, "binary", 0.5)
        fine = np.isfinite(log.prediction) & np.isfinite(log.label)
        number = [fine & (log.day == d) for d in range(DAYS)]
        line = [judge(log.prediction[r], log.label[r], np.ones(int(r.sum()))) for r in number]
        sides = [
            judge(log.prediction[r], log.label[r], np.ones(int(r.sum()))) for r in (fine & ~log.late, fine & log.late)
        ]
        kpi = Series("scorer", metric, days(), np.array(line), np.full(DAYS, 300.0))
    else:
        sides = [float(kpi.value[:FIRST_DAY].mean()), float(kpi.value[FIRST_DAY:].mean())]
    sd = float(kpi.value[:FIRST_DAY].std()) or 1.0
    return Symptom(
        incident=Incident(id="i", node=kpi.node, metric=kpi.metric, detected_at=ONSET + timedelta(days=1)),
        direction="up" if sides[1] > sides[0] else "down",
        baseline=Window(START, ONSET),
        window=Window(ONSET, END),
        onset=Onset(ONSET, ONSET - timedelta(days=1), ONSET + timedelta(days=1)),
        series=kpi,
        baseline_value=sides[0],
        value=sides[1],
        p_value=1e-6,
        z=(sides[1] - sides[0]) / sd,
        bucket_seconds=86_400.0,
    )


def evidence_of(
    scene: Logs,
    metric: str = "logloss",
    *,
    kpi: np.ndarray | None = None,
    changes: Sequence[Change] = (),
    metrics: Sequence[Series] = (),
) -> Evidence:
    """Reduce the logs to the evidence of one incident: of the scorer's metric, or of a KPI's daily values."""
    series = None if kpi is None else Series("approval", metric, days(), kpi, np.full(DAYS, 300.0))
    symptom = symptom_of(scene["scorer"], metric, series)
    graph = build_graph(SYSTEM)
    return Evidence(
        symptom=symptom,
        system=SYSTEM,
        graph=graph,
        upstream=upstream_of(graph, symptom.incident.node),
        models={node: model_of(node, log) for node, log in scene.items()},
        operations=None,
        metrics=tuple(metrics),
        changes=tuple(changes),
    )


def event(node: str, kind: str = "config", at: float = 0.0, **parts: Any) -> Change:
    """Return a change event, `at` days after the onset."""
    return Change(ts=ONSET + timedelta(days=at), node=node, kind=kind, **{"title": f"{kind} of {node}"} | parts)


def found(family: str, evidence: Evidence) -> dict[tuple[str, str | None], Candidate]:
    """Return one family's candidates by node and subject."""
    return {(c.node, c.subject): c for c in families()[family](evidence).candidates}


def ranked(evidence: Evidence) -> tuple[tuple[Ranked, ...], float]:
    """Return what the engine would answer: all families, blame and the heuristic."""
    candidates = [c for generate in families().values() for c in generate(evidence).candidates]
    blame = assign_blame(evidence, candidates)
    return heuristic.rank(candidates, [b.root for b in blame], evidence.symptom)


def first(evidence: Evidence) -> Candidate:
    """Return the most probable cause, which must be more probable than none of these."""
    order, none = ranked(evidence)
    assert order[0].confidence > none, told(order, none)
    return order[0].candidate


def told(order: Sequence[Ranked], none: float) -> str:
    """Return the answer for a failing test's message."""
    lines = [
        f"{r.confidence:.2f} {r.candidate.family}/{r.candidate.mechanism} {r.candidate.node}:{r.candidate.subject} "
        f"impact {r.candidate.impact:.2f} specificity {r.candidate.specificity:.2f}"
        for r in order[:6]
    ]
    return "\n".join([*lines, f"{none:.2f} none of these"])
