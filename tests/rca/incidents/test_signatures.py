"""The overview keeps signatures; nearness by them is the same as by working them out."""

from rca.incidents import refresh
from rca.review import keep_analysis, similar_incidents
from tests.rca.review.conftest import of_incident, proposed_of


def test_kept_signatures_give_the_same_neighbours(warehouse, explained):
    for name in "abc":
        explained(name)
    other = of_incident("b")
    first = other.causes[0].model_copy(update={"family": "concept_drift", "features": {"share": 0.5}})
    other = other.model_copy(update={"causes": (first, *other.causes[1:])})
    keep_analysis(warehouse, other, proposed_of(other))
    fresh = similar_incidents(warehouse, "a")
    refresh(warehouse)
    assert warehouse.connection.execute("SELECT count(*) FROM incident_signatures").fetchone()[0] > 0
    assert similar_incidents(warehouse, "a") == fresh
    assert [one.incident for one in fresh] == ["c", "b"]
    explained("d")
    assert [one.incident for one in similar_incidents(warehouse, "a")] == ["c", "d", "b"]
