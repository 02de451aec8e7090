"""Does a model without a log only hand on what broke in a column that it reads?"""

import numpy as np
import pytest

from candidates.measures.handed_on import handed_on
from schemas.evidence import Rows

N = 4000


def rows(*, broken: float, changed: float, seed: int = 0) -> Rows:
    """Return rows of a reader: `kind` has 3 old values and a new one (3) in a share of the window's rows.

    Answers follow the kind; a model that takes the new value for the first kind hands the break on, and one that
    changed adds to all its answers.
    """
    rng = np.random.default_rng(seed)
    after = np.arange(2 * N) >= N
    kind = rng.integers(0, 3, 2 * N)
    hit = after & (kind == 2) & (rng.random(2 * N) < broken)
    answer = 2.0 * np.where(hit, 0, kind) + rng.normal(size=2 * N) + changed * after
    place = np.clip(np.floor(answer) + 4, 0, 12).astype(np.int64)
    return Rows(
        after=after,
        ts=np.datetime64("2026-03-01", "us") + np.arange(2 * N) * np.timedelta64(60, "s"),
        version=np.full(2 * N, "v1", dtype=object),
        prediction=answer,
        label=answer,
        score=np.zeros(2 * N),
        bins={"kind": np.where(hit, 3, kind), "answer": place, "other": rng.integers(0, 5, 2 * N)},
        values={},
    )


@pytest.mark.parametrize("broken", [0.5, 1.0])
def test_what_a_broken_column_moves_is_handed_on(broken):
    assert handed_on(rows(broken=broken, changed=0.0), "kind", ("answer",)) > 0.9


def test_a_changed_model_answers_otherwise_for_old_values_too():
    assert handed_on(rows(broken=1.0, changed=3.0), "kind", ("answer",)) < 0.4


def test_without_new_values_or_without_movement_nothing_is_told():
    assert handed_on(rows(broken=0.0, changed=3.0), "kind", ("answer",)) is None
    assert handed_on(rows(broken=1.0, changed=0.0), "kind", ("other",)) is None


def test_where_hardly_an_old_value_is_left_nothing_is_told():
    all_new = rows(broken=1.0, changed=0.0)
    all_new.bins["kind"][all_new.after] = 3
    assert handed_on(all_new, "kind", ("answer",)) is None
