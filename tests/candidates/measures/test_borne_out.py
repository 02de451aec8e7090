"""Whether other columns bear a shift out."""

from candidates.measures.borne_out import borne_out
from tests.candidates.faults import evidence


def test_a_population_that_moved_is_borne_out_by_what_moved_along() -> None:
    assert {"amount", "follower"} <= borne_out(evidence("drift"), "scorer")


def test_a_changed_value_moves_its_own_column_only() -> None:
    for fault in ("times 100", "some times 100", "frozen", "decoy drift"):
        assert not borne_out(evidence(fault), "scorer") & {"amount", "noise"}


def test_an_unknown_model_has_no_columns() -> None:
    assert borne_out(evidence("drift"), "nobody") == frozenset()
