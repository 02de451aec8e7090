"""Roots over component metrics: few abnormal rows, levels that drifted, rare calls, two roots, wrong edges."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

from candidates import component_fault, latency_component
from candidates.measures.flow import flows
from candidates.measures.metric_roots import bounded_fit, metric_roots, own_key, plainly
from candidates.measures.root_growth import root_growth, root_onset
from rca.blame import assign_blame
from rca.graph import build_graph, upstream_of
from schemas.evidence import Evidence, Onset, Series, Symptom, Window
from schemas.incident import Incident
from schemas.system import System
from tests.rca.spans.traces import T0

STEP = timedelta(minutes=5)
ROWS, BAD = 200, np.array([0, 0, 1, 1, 0.1])
"""Normal rows, and how much of a fault the five abnormal ones show."""

GAP = 60
"""Rows between the two that nobody recorded."""

EDGES = [("db", "search"), ("search", "web"), ("gate", "web"), ("pay", "web"), ("bank", "pay")]
NODES = ("web", "search", "db", "gate", "pay", "bank")
PLACES = np.concatenate([np.arange(ROWS), ROWS + GAP + np.arange(5)])
TS = np.datetime64(T0.replace(tzinfo=None), "us") + PLACES * np.timedelta64(300, "s")


def system(edges=EDGES):
    return System.model_validate(
        {
            "nodes": [{"id": node, "kind": "service"} for node in NODES],
            "edges": [{"from": callee, "to": caller} for callee, caller in edges],
        }
    )


def noise(name, size=ROWS + 5):
    return np.random.default_rng(sum(map(ord, name))).normal(size=size)


def metric(node, level, rise=0.0, *, name="latency_avg", spread=0.02, drift=1.0):
    """Return a metric whose five last rows rise as the fault shows, at a level that has drifted since the others."""
    value = level * (1 + spread * noise(node + name))
    value[ROWS:] = value[ROWS:] * drift + rise * BAD
    return Series(node, name, TS, value, np.ones(len(TS)))


def requests(**rates):
    return [metric(node, rate, name="requests", spread=0.01) for node, rate in rates.items()]


RATES = requests(web=100, search=170, db=180, gate=10, pay=25, bank=25)


def evidence(metrics, what="latency_avg", edges=EDGES, target="web"):
    """Return the evidence of five rows that are complained of, against normal rows recorded at another time."""
    start = T0 + (ROWS + GAP) * STEP
    own = next(one for one in metrics if (one.node, one.metric) == (target, what))
    ts = np.datetime64(T0.replace(tzinfo=None), "us") + np.arange(ROWS + GAP + 5) * np.timedelta64(300, "s")
    line = np.full(len(ts), np.nan)
    line[PLACES] = own.value
    symptom = Symptom(
        incident=Incident(id="i", node=target, metric=what, detected_at=start + 4 * STEP),
        direction="down" if what == "availability" else "up",
        baseline=Window(T0, T0 + ROWS * STEP),
        window=Window(start, start + 5 * STEP),
        onset=Onset(start, start - STEP, start + STEP),
        series=Series(target, what, ts, line, np.isfinite(line).astype(float)),
        baseline_value=float(own.value[:ROWS].mean()),
        value=float(own.value[ROWS:].mean()),
        p_value=1e-3,
        z=5.0,
        bucket_seconds=300.0,
    )
    known = system(edges)
    graph = build_graph(known)
    return Evidence(symptom, known, graph, upstream_of(graph, target), {}, None, tuple(metrics), ())


def slow(search=30.0, web=50.0, **others):
    """Return the metrics of a slow search: web waits for it 1.7 times a request."""
    levels = {"db": 5.0, "gate": 12.0, "pay": 200.0, "bank": 60.0} | {k: v for k, v in others.items() if k in NODES}
    bystanders = [metric(node, *np.atleast_1d(level)) for node, level in levels.items()]
    return [metric("web", 95, web), metric("search", 6, search), *bystanders, *RATES]


def first(given):
    return metric_roots(given)[0]


def test_two_bad_rows_of_five_are_enough_though_all_levels_drifted():
    given = evidence([dataclasses.replace(one, value=one.value.copy()) for one in slow()])
    for one in given.metrics:
        if one.metric == "latency_avg" and one.node in {"pay", "bank", "gate"}:
            one.value[ROWS:] *= 3.0  # other levels than months before, all through the abnormal rows
    found = first(given)
    assert found.flow.node == "search"
    assert found.impact > 0.7
    assert found.own > 0.9


def test_a_rare_call_explains_little_however_slow_it_became():
    found = metric_roots(evidence(slow(gate=(12.0, 80.0))))
    share = {one.flow.node: one.impact for one in found}
    assert found[0].flow.node == "search"
    assert share["gate"] < 0.3 < share["search"]


def test_without_request_rates_the_larger_growth_explains():
    given = evidence([one for one in slow() if one.metric != "requests"])
    assert first(given).flow.node == "search"


def test_what_a_callee_did_is_not_its_callers():
    given = evidence(slow(db=(5.0, 28.0)))
    found = {one.flow.node: one for one in metric_roots(given)}
    assert first(given).flow.node == "db"
    assert found["search"].own < 0.2
    assert found["search"].callee == "db"
    assert found["web"].own < 0.2


def test_two_roots_share_the_symptom():
    metrics = slow(search=20.0, web=80.0, bank=(60.0, 180.0), pay=(200.0, 180.0))
    found = metric_roots(evidence(metrics))
    assert {one.flow.node for one in found[:2]} == {"search", "bank"}
    assert 0.2 < found[1].impact <= found[0].impact < 0.8


@pytest.mark.parametrize(
    "edges",
    [
        [*EDGES, ("pay", "search")],
        [*EDGES, ("web", "search")],
        [("db", "web"), ("search", "web"), *EDGES[2:]],
        [*EDGES[1:], ("db", "web")],
    ],
    ids=["a bystander too many", "a loop", "all at the target", "one moved"],
)
def test_wrong_edges_do_not_hide_the_root(edges):
    assert first(evidence(slow(), edges=edges)).flow.node == "search"


def test_a_missing_edge_leaves_the_root_near_the_top():
    found = metric_roots(evidence(slow(db=(5.0, 28.0)), edges=[("db", "web"), *EDGES[1:]]))
    assert "db" in [one.flow.node for one in found[:2]]


@pytest.mark.parametrize("name", ["availability", "errors"])
def test_failing_requests_are_followed_to_their_origin(name):
    sign, level = (-1.0, 1.0) if name == "availability" else (1.0, 0.0)
    rises = {"web": 0.03, "search": 0.018, "db": 0.0, "gate": 0.08, "pay": 0.0, "bank": 0.0}
    made = []
    for node, rise in rises.items():
        value = level + sign * np.abs(5e-4 * noise(node))
        value[ROWS:] += sign * rise * BAD
        made.append(Series(node, name, TS, value, np.ones(len(TS))))
    given = evidence([*made, *RATES], name)
    assert first(given).flow.node == "search"
    candidate = max(component_fault.generate(given).candidates, key=lambda one: one.impact)
    assert (candidate.node, candidate.subject) == ("search", name)
    assert candidate.impact > 0.7
    assert candidate.onset == given.symptom.window.start + 2 * STEP
    assert "search" in candidate.summary


def test_a_latency_that_comes_and_goes_with_failing_requests_is_a_modest_cause():
    value = (
        1.0 - np.abs(5e-4 * noise("web")) - 0.1 * np.where(np.arange(ROWS + 5) >= ROWS, np.r_[np.zeros(ROWS), BAD], 0)
    )
    target = Series("web", "availability", TS, value, np.ones(len(TS)))
    given = evidence([target, *slow()[1:]], "availability")
    found = metric_roots(given, "time")[0]
    assert found.flow.node == "search"
    assert plainly(given, found) == 0.0
    (candidate, *_) = latency_component.generate(given).candidates
    assert candidate.node == "search"
    assert 0 < candidate.impact <= latency_component.MODEST


def test_nothing_moves_where_nothing_is_wrong():
    given = evidence(slow(search=0.0, web=0.0))
    assert all(one.impact * plainly(given, one) < 0.1 for one in metric_roots(given))


def test_a_fault_of_two_rows_is_plain_and_noise_is_not():
    given = evidence(slow())
    assert plainly(given, first(given)) > 0.8


def test_gaps_and_late_starts_do_no_harm():
    metrics = [dataclasses.replace(one, value=one.value.copy()) for one in slow()]
    for one in metrics[2:]:
        one.value[:150] = np.nan
    metrics[1].value[ROWS] = np.nan
    gone = [dataclasses.replace(metrics[2], value=np.full(len(TS), np.nan)), *metrics[:2], *metrics[3:]]
    for some in (metrics, gone):
        found = metric_roots(evidence(some))
        assert found[0].flow.node == "search"
        assert all(np.isfinite([one.share, one.own, one.z, one.r, one.impact]).all() for one in found)


def test_a_baseline_of_a_few_rows_still_tells():
    keep = np.r_[ROWS - 12 : ROWS + 5]
    short = [dataclasses.replace(s, ts=s.ts[keep], value=s.value[keep], n=s.n[keep]) for s in slow()]
    given = evidence(slow())
    line = given.symptom.series.value.copy()
    line[: ROWS - 12] = np.nan
    symptom = dataclasses.replace(given.symptom, series=dataclasses.replace(given.symptom.series, value=line))
    assert first(dataclasses.replace(given, symptom=symptom, metrics=tuple(short), cache={})).flow.node == "search"


def test_the_order_of_the_series_does_not_matter():
    there, back = (metric_roots(evidence(some)) for some in (slow(), slow()[::-1]))
    assert [(one.flow.node, one.impact, one.z) for one in there] == [(one.flow.node, one.impact, one.z) for one in back]


def test_other_symptoms_have_no_flows():
    given = evidence([*slow(), metric("web", 10, 5, name="orders")], "orders")
    assert flows(given) is None
    assert metric_roots(given) == ()


def test_the_onset_is_the_first_row_that_rose():
    given = evidence(slow())
    growth = root_growth(given, first(given))
    start = given.symptom.window.start
    assert growth.onset.at == start + 2 * STEP
    assert growth.onset.low <= growth.onset.at <= growth.onset.high
    assert growth.before == pytest.approx(6, rel=0.1)
    assert growth.after == pytest.approx(36, rel=0.1)
    assert root_onset(TS[:3], np.zeros(3), 300.0) is None


def test_a_root_that_shows_no_later_than_the_symptom_is_on_time_though_the_complaint_began_before():
    given = evidence(slow())
    late = dataclasses.replace(given.symptom, onset=Onset(*[given.symptom.onset.at - 3 * STEP] * 3))
    growth = root_growth(dataclasses.replace(given, symptom=late, cache={}), first(given))
    assert growth.onset.low <= late.onset.high
    assert growth.onset.at == given.symptom.window.start + 2 * STEP


def test_blame_does_not_take_a_callee_off_twice():
    given = evidence(slow(search=40.0, web=70.0, db=(5.0, 12.0)))
    candidates = latency_component.generate(given).candidates
    blame = dict(zip([one.node for one in candidates], assign_blame(given, candidates), strict=True))
    top = max(candidates, key=lambda one: one.impact)
    assert {"search", "db"} <= set(blame)
    assert top.node == "search"
    assert top.explains[0] == own_key(top.explains[1])
    assert blame["search"].root == 1.0


def test_a_broken_component_without_a_latency_takes_over_what_its_callers_call_their_own():
    busy = metric("db", 0.3, 0.65, name="cpu")
    metrics = [one for one in slow() if (one.node, one.metric) != ("db", "latency_avg")]
    (candidate,) = component_fault.generate(evidence([*metrics, busy])).candidates
    assert candidate.node == "db"
    assert ("own", "search", "latency_avg") in candidate.explains


def test_a_bounded_fit_keeps_to_its_bounds_and_halves_what_is_alike():
    x = np.array([0.0, 0, 1, 1, 0])
    assert bounded_fit(3 * x, [x], [1.5]) == pytest.approx([1.5])
    assert bounded_fit(-x, [x], [1.5]) == pytest.approx([0.0])
    assert bounded_fit(2 * x, [x, x], [1.5, 1.5]) == pytest.approx([1.0, 1.0], abs=0.01)
    other = np.array([0.0, 1, 0, 0, 0])
    assert bounded_fit(x + 0.5 * other, [x, other], [2, 2]) == pytest.approx([1.0, 0.5], abs=0.1)
    assert bounded_fit(x, [], []).size == 0
