"""A target that moves as it does anyway has nothing to explain."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.metric_roots import metric_roots, plainly
from candidates.measures.usual_movement import UNKNOWN, beyond_usual
from schemas.evidence import Series
from tests.candidates.measures.test_metric_roots import BAD, RATES, ROWS, TS, evidence, metric, slow


def dipping(size):
    """Return an availability that dips by 1 % in every 15th row, and by `size` as the abnormal rows do."""
    value = np.where(np.arange(ROWS + 5) % 15 == 0, 0.99, 1.0)
    value[ROWS:] = 1.0 - size * BAD
    return Series("web", "availability", TS, value, np.ones(len(TS)))


@pytest.mark.parametrize(("size", "blamed"), [(0.004, False), (0.1, True)])
def test_a_target_is_its_own_root_only_beyond_its_usual_dips(size, blamed):
    given = evidence([dipping(size), *RATES], "availability")
    assert (beyond_usual(given) > 1.0) == blamed
    assert bool(metric_roots(given)) == blamed


def test_a_level_that_stays_counts_as_well_as_what_comes_and_goes():
    shifted = metric("web", 95, drift=1.5)
    assert beyond_usual(evidence([shifted, *RATES])) > 5


def test_a_baseline_too_short_tells_nothing():
    given = evidence(slow())
    line = given.symptom.series.value
    line[: ROWS - 12] = np.nan
    assert beyond_usual(given) == UNKNOWN


@pytest.mark.parametrize(("p_value", "plain"), [(1e-4, True), (0.2, False)])
def test_where_nothing_is_known_of_the_usual_the_symptom_itself_has_to_be_clear(p_value, plain):
    given = evidence(slow())
    line = given.symptom.series.value
    line[: ROWS - 12] = np.nan
    given = replace(given, symptom=replace(given.symptom, p_value=p_value), cache={})
    root = replace(next(one for one in metric_roots(given) if one.flow.node != "web"), share=0.1)
    assert (plainly(given, root) > 0.5) == plain


def test_the_target_itself_never_makes_its_symptom_plain():
    given = evidence([dipping(0.1), *RATES], "availability")
    (only,) = metric_roots(given)
    assert plainly(given, only) == 0.0
