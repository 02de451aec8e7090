"""Which version or event came in near the onset, and what it is about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from candidates.measures.versions import (
    brings_version,
    change_subject,
    event_switch,
    function_strength,
    suspected_version,
    version_switch,
)
from schemas.evidence import VersionSpan
from tests.candidates.faults import evidence
from tests.candidates.scenes import event
from tests.laws.worlds import END, ONSET, START

SUBJECTS = [
    ({"kind": "deploy", "after": {"version": "2.1"}}, "2.1"),
    ({"kind": "deploy", "before": {"version": "2.0", "x": 1}, "after": {"version": "2.1", "x": 2}}, "2.1"),
    ({"kind": "deploy", "before": "1", "after": 2}, "2"),
    ({"before": {"a": 1, "b": 2}, "after": {"a": 1, "b": 3}}, "b"),
    ({"after": {"pool_size": 5}}, "pool_size"),
    ({"before": {"pool_size": 5}}, "pool_size"),
    ({"after": {"key": "timeout", "value": 3, "unit": "s"}}, "timeout"),
    ({"before": {"a": 1, "b": 1}, "after": {"a": 2, "b": 2}, "title": "two at once"}, "two at once"),
    ({"before": 1, "after": 2, "title": "raise it"}, "raise it"),
    ({"title": None}, None),
    ({"kind": "config", "before": "score_cap=0.9", "after": "score_cap=0.7", "title": "cap updated"}, "score_cap"),
    ({"kind": "config", "before": "a=1; b: x", "after": "a=1; b: y"}, "b"),
    ({"kind": "config", "before": "5000", "after": "500", "title": "cache.max_entries changed"}, "cache.max_entries"),
    ({"kind": "flag", "title": "new_checkout on for all"}, "new_checkout"),
    ({"kind": "config", "title": "scorer: pool_size raised"}, "pool_size"),
    ({"kind": "config", "title": "rename pool_size and max_size"}, "rename pool_size and max_size"),
    (
        {"kind": "infrastructure", "title": "Smaller instances (m6.xlarge to m6.large)"},
        "Smaller instances (m6.xlarge to m6.large)",
    ),
    ({"kind": "config", "title": "set pool_size to db.max"}, "pool_size"),
    ({"kind": "config", "title": "retry after 2.5 s, see docs/run_book.md"}, "retry after 2.5 s, see docs/run_book.md"),
    ({"kind": "infrastructure", "title": "node pool rotated"}, "node pool rotated"),
    ({"kind": "business", "title": "price_list changed"}, "price_list changed"),
]


@pytest.mark.parametrize(("parts", "subject"), SUBJECTS)
def test_what_a_change_is_about(parts, subject):
    assert change_subject(event("scorer", **parts)) == subject


def with_versions(*spans):
    given = evidence("none")
    model = replace(given.models["scorer"], versions=tuple(VersionSpan(*s) for s in spans))
    return replace(given, models={"scorer": model}, cache={})


OLD = ("v1", START, ONSET, 3000, 50)


def test_the_version_that_took_over_is_the_one_that_is_new_and_served_most():
    given = with_versions(OLD, ("v2", ONSET, END, 10, 900), ("v3", ONSET, END, 0, 100))
    switch = version_switch(given, "scorer")
    assert (switch.subject, switch.since, switch.what, switch.alignment) == ("v2", ONSET, "version", 1.0)


@pytest.mark.parametrize(
    "spans",
    [
        [OLD],
        [OLD, ("", ONSET, END, 0, 900)],
        [OLD, ("canary", START, END, 400, 900)],
        [("v2", ONSET, END, 0, 900)],
    ],
)
def test_a_lone_unnamed_or_old_version_took_nothing_over(spans):
    assert version_switch(with_versions(*spans), "scorer") is None


def test_a_version_long_before_the_onset_fits_less():
    early = START + timedelta(days=1)
    given = with_versions(OLD, ("v2", early, END, 10, 900))
    assert version_switch(given, "scorer").alignment < 0


@pytest.mark.parametrize(
    ("hours", "before", "taken"),
    [(-12, 400, True), (-12, 1000, False), (-47, 400, True), (-49, 400, False), (0, 900, False)],
)
def test_hours_of_the_switch_may_be_counted_with_those_before_the_onset(hours, before, taken):
    first = ONSET + timedelta(hours=hours)
    switch = version_switch(with_versions(OLD, ("v2", first, END, before, 900)), "scorer")
    assert (switch is not None) == taken
    assert switch is None or (switch.subject, switch.since) == ("v2", first)


def test_a_version_is_suspected_by_the_words_of_the_deploy_that_brought_it_in():
    def suspicion(*parts, version="v2"):
        changes = tuple(event(node, kind, title=title, after={"version": "v2"}) for node, kind, title in parts)
        return suspected_version(replace(evidence("none"), changes=changes, cache={}), "scorer", version)

    same = ("scorer", "deploy", "redeploy, same artefact")
    assert suspicion(same) < 0.5
    assert suspicion(same, ("scorer", "deploy", "retrained")) < 0.5
    assert suspicion() == suspicion(("scorer", "deploy", "retrained")) == suspicion(same, version="v3") == 1.0
    assert suspicion(("api", *same[1:])) == suspicion(("scorer", "config", same[2])) == 1.0


def test_of_several_events_the_nearest_of_a_fitting_kind_counts():
    events = (
        event("scorer", "deploy", -6, after="1"),
        event("scorer", "deploy", 0, after="2"),
        event("scorer", "config", 0, after={"k": 3}),
        event("api", "deploy", 0, after="4"),
    )
    given = evidence("none", changes=events)
    assert event_switch(given, "scorer", {"deploy"}).subject == "2"
    assert event_switch(given, "scorer", {"config"}).subject == "k"
    assert event_switch(given, "scorer", {"flag"}) is None


def test_an_event_that_cannot_fit_is_none():
    assert (
        event_switch(evidence("none", changes=(event("scorer", "deploy", 4.9, after="9"),)), "scorer", {"deploy"})
        is None
    )


def test_a_model_without_a_log_has_no_versions():
    assert version_switch(evidence("none"), "nobody") is None


def test_function_strength_grows_with_either_sign_of_change():
    class Diagnosed:
        function_ratio, function_shift = 1.0, 0.0

    calm, bent, noisy = Diagnosed(), Diagnosed(), Diagnosed()
    bent.function_shift, noisy.function_ratio = 2.0, 3.0
    assert function_strength(calm) == 0.0
    assert function_strength(bent) == 20.0
    assert function_strength(noisy) == 20.0


TRIALS = [
    ({"title": "canary", "before": {"v1": 100}, "after": {"v1": 50, "v2": 50}}, True),
    ({"title": "Experiment scorer-v2 at 50 %", "before": "v1:100", "after": "v2:50"}, True),
    ({"title": "threshold of v2", "before": {"v2_threshold": 0.5}, "after": {"v2_threshold": 0.9}}, False),
    ({"title": "threshold of v2", "before": 0.5, "after": 0.9}, False),
    ({"title": "v2.1 of the banner", "after": "v2.1"}, False),
    ({"title": "cap", "after": "v20"}, False),
    ({"title": "score_cap", "before": 1, "after": 2}, False),
]


@pytest.mark.parametrize(("parts", "named"), TRIALS)
def test_a_setting_that_names_the_new_version_brings_it(parts, named):
    given = with_versions(OLD, ("v2", ONSET, END, 0, 1000))
    assert brings_version(given, event("scorer", "flag", **parts)) is named
    assert not brings_version(with_versions(OLD), event("scorer", "flag", **parts))


@pytest.mark.parametrize("version", ["2", "2.0", "prod"])
def test_a_name_that_settings_hold_by_chance_is_not_looked_for(version):
    given = with_versions(OLD, (version, ONSET, END, 0, 1000))
    assert not brings_version(given, event("scorer", "config", before={"mode": "1"}, after={"mode": version}))


def test_a_version_that_by_its_words_is_the_old_one_is_brought_by_nobody():
    given = with_versions(OLD, ("v2", ONSET, END, 0, 1000))
    same = event("scorer", "deploy", title="v2, same artefact", before="v1", after="v2")
    flag = event("scorer", "flag", before="v1:100", after="v2:50")
    assert brings_version(given, flag)
    assert not brings_version(replace(given, changes=(same, flag), cache={}), flag)


def test_of_two_events_the_one_that_may_change_answers_is_told():
    inert = event("scorer", title="bump base image, no functional change")
    given = evidence("none", changes=(inert, event("scorer", at=-0.5, title="calibration.power")))
    assert event_switch(given, "scorer", {"config"}).subject == "calibration.power"
    assert event_switch(evidence("none", changes=(inert,)), "scorer", {"config"}).subject == inert.title
