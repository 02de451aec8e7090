"""A configuration change: no evidence by itself, only where the node it touched moved and nothing else explains it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from candidates import config_change as module
from candidates.config_change import generate
from candidates.measures.acted_upon import BESIDE, FARTHER, USED, aligned
from rca.graph import build_graph, upstream_of
from schemas.evidence import Series
from schemas.incident import Change
from schemas.system import System
from tests.candidates import fault_scenes as shop
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import SYSTEM, answered, event, evidence_of, first, found
from tests.candidates.test_downstream_change import incident
from tests.laws.worlds import DAYS, days
from tests.rca.spans.traces import BASELINE, WINDOW, Shop

SETTING = {"before": {"temperature": 1}, "after": {"temperature": 2.5}}
KEY = ("scorer", "temperature")


def metric_of(node, values, metric="errors"):
    return Series(node, metric, days(), np.asarray(values, dtype=float), np.full(DAYS, 100.0))


@pytest.mark.parametrize("kind", ["config", "flag", "infrastructure"])
def test_a_setting_of_a_model_whose_function_changed_comes_first(kind):
    cause = first(evidence("worse, no version", changes=(event("scorer", kind, **SETTING),)))
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("config_change", *KEY, kind)
    assert cause.impact > 0.6


@pytest.mark.parametrize("fault", ["nulls", "times 100", "misjoined", "upstream version"])
def test_the_same_event_on_an_unchanged_model_explains_nothing(fault):
    given = evidence(fault, changes=(event("scorer", **SETTING),))
    assert first(given).family != "config_change"
    assert found("config_change", given)[KEY].impact < 0.3


def test_a_new_version_at_the_same_time_takes_the_blame():
    given = evidence("worse version", changes=(event("scorer", **SETTING),))
    assert first(given).family == "model_change"
    assert found("config_change", given)[KEY].impact < found("model_change", given)["scorer", "v2"].impact


def test_a_setting_of_capacity_right_at_the_onset_leaves_the_blame_to_the_one_beside_it():
    changes = (event("scorer", at=-0.2, **SETTING), event("scorer", title="replicas 3 -> 5", before=3, after=5))
    given = evidence("worse, no version", changes=changes)
    assert first(given).subject == "temperature"
    assert found("config_change", given)[KEY].impact > 0.6


def test_a_flag_that_lets_the_new_version_serve_leaves_the_blame_to_the_version():
    flag = event("scorer", "flag", title="canary", before="v1:100", after="v2:100")
    given = evidence("worse version", changes=(flag,))
    assert first(given).family == "model_change"
    assert found("config_change", given)["scorer", "canary"].impact < 0.1


@pytest.mark.parametrize(("kind", "suspected"), [("infrastructure", 0.4), ("config", 1.0)])
def test_machines_are_hardly_suspected_of_what_changed_in_one_slice_alone(kind, suspected, monkeypatch):
    change = event("scorer", kind, **SETTING)
    impact = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(module, "slice_share", lambda *_, share=share: share)
        impact.append(found("config_change", evidence("worse, no version", changes=(change,)))[KEY].impact)
    assert impact[1] == pytest.approx(suspected * impact[0])


@pytest.mark.parametrize("at", [3.0, 4.0, 4.5])
def test_an_event_after_the_onset_is_no_cause(at):
    given = evidence("worse, no version", changes=(event("scorer", at=at, **SETTING),))
    assert generate(given).ruled_out


def test_lateness_is_judged_by_how_well_the_onset_is_known():
    given = evidence("worse, no version")
    known = given.symptom.onset
    vague = replace(known, high=known.high + timedelta(days=2))
    late = event("scorer", at=4.0, **SETTING)
    sharp, blurred = (
        aligned(replace(given, symptom=replace(given.symptom, onset=onset)), late) for onset in (known, vague)
    )
    assert sharp <= 0 < blurred


def test_an_event_long_before_the_onset_is_less_of_a_cause():
    near, far = (
        found("config_change", evidence("worse, no version", changes=(event("scorer", at=at, **SETTING),))).get(KEY)
        for at in (0.0, -14.0)
    )
    assert far is None or far.impact < near.impact


def test_of_two_events_with_one_key_the_nearer_counts():
    both = (event("scorer", at=-3.5, **SETTING), event("scorer", at=0.0, **SETTING))
    candidate = found("config_change", evidence("worse, no version", changes=both))[KEY]
    assert candidate.onset == both[1].ts


@pytest.mark.parametrize("kind", ["deploy", "data_feed", "business"])
def test_other_kinds_of_events_are_not_its_business(kind):
    assert generate(evidence("worse, no version", changes=(event("scorer", kind),))).ruled_out


def test_configuration_of_another_model_upstream_is_left_to_its_family():
    assert generate(evidence("upstream, no version", changes=(event("embedder", **SETTING),))).ruled_out


def test_events_off_the_way_to_the_symptom_do_not_count():
    assert generate(evidence("worse, no version", changes=(event("approval", **SETTING),))).ruled_out
    assert generate(evidence("worse, no version", changes=(event("nowhere", **SETTING),))).ruled_out


def test_a_service_is_judged_by_whether_its_own_metrics_moved():
    base = evidence("shown by no input", changes=(event("api", title="pool size"),))
    wave = 5 + 0.1 * np.sin(np.arange(DAYS))
    calm = replace(base, metrics=(metric_of("api", wave),), cache={})
    moved = replace(base, metrics=(metric_of("api", np.where(np.arange(DAYS) >= 15, 9, wave)),), cache={})
    assert found("config_change", calm)["api", "pool size"].impact == 0
    assert found("config_change", moved)["api", "pool size"].impact > 0.3


def test_a_setting_at_the_onset_of_its_own_nodes_errors_fits_though_the_symptom_was_noticed_later():
    base = evidence("shown by no input", changes=(event("api", at=-4.0, title="downstream_timeout_ms"),))
    errors = np.where(np.arange(DAYS) >= 12, 0.3, 0.01 + 0.001 * np.sin(np.arange(DAYS)))
    others = np.where(np.arange(DAYS) >= 15, 0.3, 0.01 + 0.001 * np.sin(np.arange(DAYS)))
    early, late = (
        found("config_change", replace(base, metrics=(metric_of("api", values),), cache={}))
        for values in (errors, others)
    )
    fits = [one["api", "downstream_timeout_ms"].features["alignment"] for one in (early, late)]
    assert fits[0] == 1.0 > fits[1]


def quantised(answer):
    return np.round(answer)


def with_answers(change, *changes):
    """Return the incident in which the scorer's answers to the same inputs changed, by no version."""
    scene = healthy()
    return evidence_of(answered(scene, change(scene["scorer"].prediction)), changes=changes)


@pytest.mark.parametrize(
    ("change", "form"), [(quantised, "different answers"), (lambda p: np.where(p > 0.3, 0.3, p), "exactly 0.3")]
)
def test_a_setting_of_what_stands_before_a_model_is_judged_by_the_models_answers(change, form):
    cause = first(with_answers(change, event("api", **SETTING)))
    assert (cause.family, cause.node, cause.subject) == ("config_change", "api", "temperature")
    assert any(form in item.text for item in cause.evidence)


@pytest.mark.parametrize("fault", ["nulls", "times 100", "misjoined", "shown by no input"])
def test_answers_that_did_not_change_speak_for_no_setting_before_the_model(fault):
    candidate = found("config_change", evidence(fault, changes=(event("api", **SETTING),)))["api", "temperature"]
    assert candidate.impact < 0.2


def test_a_data_set_that_hands_columns_on_is_no_server():
    candidate = found("config_change", with_answers(quantised, event("payments", **SETTING)))
    assert candidate["payments", "temperature"].impact < 0.1


def test_what_the_data_explain_is_not_left_for_a_service():
    base = evidence("times 100", changes=(event("api", title="pool size"),))
    moved = metric_of("api", np.where(np.arange(DAYS) >= 15, 9, 5 + 0.1 * np.sin(np.arange(DAYS))))
    assert found("config_change", replace(base, metrics=(moved,), cache={}))["api", "pool size"].impact < 0.2


def test_no_events_is_not_examined():
    assert generate(evidence("none")).not_examined


# --- a service: what is its own, not what it passes on ---


def banner(node="web"):
    return Change(ts=shop.symptom().onset.at, node=node, kind="config", title="banner")


def of_errors(*metrics, node="web"):
    what = shop.symptom(metric="errors", value=(0.0, 0.2), line=metrics[0].value)
    return found("config_change", shop.scene(metrics, what, changes=(banner(node),)))[node, "banner"]


def of_latency(*metrics, node="web"):
    what = shop.symptom(line=metrics[0].value)
    return found("config_change", shop.scene(metrics, what, changes=(banner(node),)))[node, "banner"]


def test_errors_that_a_callee_makes_are_not_the_callers_settings():
    """The symptom's own series moved, of course: that is no evidence for a change on the node that shows it."""
    web = shop.step("web", "errors", 0.001, 0.2)
    db, cart = shop.step("db", "errors", 0.001, 0.2), shop.step("cart", "errors", 0.001, 0.2)
    assert of_errors(web, db, cart).impact < 0.15
    assert of_errors(web, db, cart, node="db").impact > 0.5
    calm = shop.step("db", "errors", 0.001, 0.001), shop.step("cart", "errors", 0.001, 0.001)
    assert of_errors(web, *calm).impact > 0.5


def test_slowness_that_a_callee_makes_is_not_the_callers_settings():
    web, cart = shop.step("web", "latency_p95", 100, 200), shop.step("cart", "latency_p95", 60, 160)
    assert of_latency(web, cart, shop.step("db", "latency_p95", 10, 110)).impact < 0.15
    calm = shop.step("cart", "latency_p95", 60, 60), shop.step("db", "latency_p95", 10, 10)
    assert of_latency(web, *calm).impact > 0.5


def test_errors_seen_in_spans_belong_to_whoever_makes_them():
    def impact(fails):
        what = shop.symptom(metric="errors", value=(0.0, 0.2), periods=(BASELINE, WINDOW))
        change = Change(ts=what.onset.at, node="web", kind="config", title="banner")
        return found("config_change", shop.traced(Shop(), fails, what, changes=(change,)))["web", "banner"].impact

    assert impact({"6": (0.0, 0.3), "3": (0.0, 0.3), "2": (0.0, 0.3), "1": (0.0, 0.3)}) < 0.15
    assert impact({"1": (0.0, 0.3)}) > 0.5


# --- between the models and the KPI ---


def with_page(given, *edges):
    """Return the evidence with the services of a page, and edges besides those of the scene."""
    data = SYSTEM.model_dump(mode="json", by_alias=True)
    data["nodes"] += [{"id": name, "kind": "service"} for name in ("page", "cdn", "edge", "dns")]
    data["edges"] += [{"from": one, "to": other} for one, other in edges]
    system = System.model_validate(data)
    graph = build_graph(system)
    return replace(given, system=system, graph=graph, upstream=upstream_of(graph, "approval"), cache={})


def flagged(node="page", kind="flag", **parts):
    return event(node, kind, before={"compact": False}, after={"compact": True}, **parts)


SHOWS = (("scorer", "page"), ("page", "approval"))


def test_a_flag_between_healthy_models_and_a_kpi_is_the_first_suspect():
    given = with_page(incident(factor=0.8, changes=(flagged(),)), *SHOWS)
    cause = first(given)
    assert (cause.family, cause.node, cause.subject) == ("config_change", "page", "compact")
    assert found("config_change", given)["page", "compact"].impact > 0.7 * USED
    calm = with_page(incident(factor=0.8), *SHOWS)
    key = ("approval", None)
    assert found("downstream_change", given)[key].specificity < found("downstream_change", calm)[key].specificity


def test_an_event_that_does_not_say_what_was_changed_is_mostly_innocent():
    given = with_page(incident(factor=0.8, changes=(event("page", "flag"),)), *SHOWS)
    assert first(given).family == "downstream_change"
    assert 0 < found("config_change", given)["page", "flag of page"].impact <= FARTHER


def test_patched_machines_do_not_change_what_becomes_of_the_same_answers():
    shares = {
        kind: found("config_change", incident(factor=0.8, changes=(event("scorer", kind),)))[
            "scorer", f"{kind} of scorer"
        ]
        for kind in ("config", "infrastructure")
    }
    assert shares["infrastructure"].impact <= FARTHER < shares["config"].impact


def test_an_event_of_the_process_within_the_onset_outweighs_a_flag_that_came_before_it():
    def answer(flag_at, *others):
        flag = event("page", "flag", flag_at, before={"compact": False}, after={"compact": True})
        return first(with_page(incident(factor=0.8, changes=(flag, *others)), *SHOWS)).family

    ended = event("approval", "business")
    assert answer(-3.0) == "config_change"
    assert answer(-3.0, ended) == "downstream_change"


def believed(change, *others):
    """Return how far a setting is believed to explain a KPI that fell behind healthy models."""
    given = with_page(incident(factor=0.8, changes=(change, *others)), *SHOWS)
    return found("config_change", given)[change.node, "compact"].impact


@pytest.mark.parametrize("kind", ["business", "other"])
def test_a_setting_elsewhere_is_believed_less_beside_an_event_of_the_process_at_the_onset(kind):
    alone = believed(flagged())
    assert believed(flagged(), event("approval", kind)) == pytest.approx(BESIDE * alone)
    assert believed(flagged("scorer"), event("approval", kind)) == pytest.approx(BESIDE * believed(flagged("scorer")))
    for other in (
        event("approval", kind, title="on-call rota of the desk"),
        event("approval", kind, -4.0),
        event("approval", "data_feed"),
        event("scorer", kind),
    ):
        assert believed(flagged(), other) == alone


def test_the_kpis_own_setting_is_believed_as_much_beside_an_event_of_its_process():
    own = flagged("approval", "config")
    assert believed(own, event("approval", "business")) == believed(own) > 0.7 * USED


@pytest.mark.parametrize("title", ["new dashboard theme", "LOG_LEVEL to debug", "no functional change"])
@pytest.mark.parametrize("node", ["page", "scorer", "approval"])
def test_a_setting_that_by_its_words_touches_no_answer_explains_little_of_a_kpi(node, title):
    change = flagged(node, "config", title=title)
    assert 0 < believed(change) < 0.5 * believed(flagged(node, "config", title="limit of a page"))
    assert first(with_page(incident(factor=0.8, changes=(change,)), *SHOWS)).family == "downstream_change"


@pytest.mark.parametrize(
    "title", ["catalogs of prices", "docsis tariff", "weblogging bonus", "login by pin", "copies of a card"]
)
def test_words_are_not_found_within_others(title):
    assert believed(flagged(title=title)) > 0.7 * USED


def test_a_flag_before_the_models_acts_through_what_they_answer():
    given = with_page(incident(factor=0.8, changes=(flagged("api"),)), *SHOWS)
    assert first(given).family == "downstream_change"
    assert found("config_change", given)["api", "compact"].impact < 0.1


def test_a_flag_that_acts_through_other_services_explains_less_the_more_there_are():
    way = (("cdn", "page"), ("edge", "cdn"), ("dns", "edge"))
    given = {
        node: with_page(incident(factor=0.8, changes=(flagged(node),)), *SHOWS, *way)
        for node in ("page", "cdn", "edge", "dns")
    }
    impact = [found("config_change", one)[node, "compact"].impact for node, one in given.items()]
    assert USED >= impact[0] > impact[1] > impact[2] > impact[3] >= FARTHER / 2
    assert first(given["cdn"]).family == "config_change"


def test_a_setting_of_which_nothing_is_told_explains_little():
    untold = event("cdn", "flag", title="compact")
    given = with_page(incident(factor=0.8, changes=(untold,)), *SHOWS, ("cdn", "page"))
    assert first(given).family == "downstream_change"
    assert 0 < found("config_change", given)["cdn", "compact"].impact <= FARTHER


@pytest.mark.parametrize("fault", ["times 100", "drift"])
def test_what_the_models_answers_explain_is_not_left_for_a_flag_behind_them(fault):
    given = with_page(incident(fault, changes=(flagged(),)), *SHOWS)
    assert first(given).family != "config_change"
    assert found("config_change", given)["page", "compact"].impact < 0.2


def test_a_flag_does_not_explain_what_may_be_chance():
    given = with_page(incident(factor=0.8, changes=(flagged(),)), *SHOWS)
    doubted = replace(given, symptom=replace(given.symptom, p_value=1.0), cache={})
    assert found("config_change", doubted)["page", "compact"].impact == 0


def test_nothing_is_known_of_answers_that_nobody_logs():
    given = replace(with_page(incident(factor=0.8, changes=(flagged(),)), *SHOWS), models={}, cache={})
    assert found("config_change", given)["page", "compact"].impact == 0
