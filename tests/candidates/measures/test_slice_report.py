"""What a degraded slice holds of the symptom, read by errors and by answers unlike earlier ones."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.slice_report import slice_reports
from candidates.slice_degradation import generate
from schemas.evidence import Evidence
from tests.candidates.scenes import evidence_of
from tests.candidates.test_slice_degradation import SLICES, shuffled

ERROR, UNLIKE = "mean error", "share of answers unlike earlier ones"


def known(share: float, what: str = "prediction") -> Evidence:
    """Return the evidence of answers or labels that belong to other requests of a slice, few labels being known."""
    scene = shuffled(SLICES["country=fr"], what)
    log = scene["scorer"]
    unknown = np.random.default_rng(9).random(len(log.day)) >= share
    return evidence_of(scene | {"scorer": replace(log, label=np.where(unknown, np.nan, log.label))})


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_rows_without_labels_do_not_hide_what_a_slice_of_departing_answers_holds(share: float) -> None:
    first = (slice_reports(known(share), "scorer") or ())[0]
    assert (str(first.found.where), first.measured) == ("country=fr", UNLIKE)
    assert first.share > 0.9


@pytest.mark.parametrize(("what", "measured"), [("prediction", UNLIKE), ("label", ERROR)])
def test_what_is_measured_is_told_with_its_means(what: str, measured: str) -> None:
    given = known(1.0, what)
    report = (slice_reports(given, "scorer") or ())[0]
    assert report.measured == measured
    assert report.inside.after > 2 * report.inside.before
    candidate = generate(given).candidates[0]
    assert f"{measured} {report.inside.before:.3g} before" in candidate.summary
    assert any(measured in item.text for item in candidate.evidence if item.kind == "slice")


def test_a_slice_that_both_readings_find_is_told_once() -> None:
    reports = slice_reports(known(1.0), "scorer") or ()
    assert {one.measured for one in reports} == {ERROR, UNLIKE}
    assert len({str(one.found.where) for one in reports}) == len(reports)
