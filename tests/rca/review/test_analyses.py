import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankers.proposed import Proposed
from rca.analyse import analyse_bundle
from rca.errors import InputError, UnknownName
from rca.review import all_proposed, keep_analysis, kept_analysis, kept_proposed
from rca.warehouse import Warehouse
from schemas.candidate import Candidate
from tests.rca.review.conftest import Keep, of_incident, proposed_of
from tests.samples import analysis

EXAMPLE = Path(__file__).parents[3] / "examples" / "card-fraud"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
numbers = st.floats(allow_nan=True, allow_infinity=True)
candidates = st.builds(
    Candidate,
    family=texts,
    node=texts,
    subject=st.none() | texts,
    impact=numbers,
    strength=numbers,
    specificity=numbers,
    summary=st.just(""),
    mechanism=st.none() | texts,
    slice=st.none() | texts,
    observed_at=st.none() | texts,
    explains=st.lists(st.lists(texts, max_size=3).map(tuple), max_size=3).map(tuple),
    features=st.dictionaries(texts, numbers, max_size=3),
)


def nan_for_infinite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def test_a_kept_answer_comes_back_whole(warehouse: Warehouse, kept: str) -> None:
    answer = kept_analysis(warehouse, kept)
    assert answer == analysis(id=kept)
    assert kept_analysis(warehouse, incident="inc-42") == answer


@settings(max_examples=25, deadline=None)
@given(st.lists(candidates, max_size=4), numbers)
def test_what_a_ranker_saw_comes_back(found: list[Candidate], p_value: float) -> None:
    with Warehouse() as warehouse:
        key = keep_analysis(warehouse, analysis(), Proposed(found, [0.5] * len(found), p_value))
        back = kept_proposed(warehouse, key)
    assert [c.key for c in back.candidates] == [c.key for c in found]
    assert repr(back.p_value) == repr(nan_for_infinite(p_value))
    for one, other in zip(found, back.candidates, strict=True):
        assert (one.mechanism, one.slice, one.observed_at) == (other.mechanism, other.slice, other.observed_at)
        assert one.explains == other.explains
        assert repr({n: nan_for_infinite(v) for n, v in one.features.items()}) == repr(other.features)
        for name in ("impact", "strength", "specificity"):
            assert repr(nan_for_infinite(getattr(one, name))) == repr(getattr(other, name))


def test_the_same_answer_again_is_the_same_row_and_the_latest(warehouse: Warehouse) -> None:
    first, second = analysis(), analysis(none_of_these=0.3)
    moments = [NOON + timedelta(minutes=minute) for minute in range(3)]
    keys = [
        keep_analysis(warehouse, answer, proposed_of(answer), at=at)
        for answer, at in zip((first, second, analysis(timings_ms={"rank": 9.0})), moments, strict=True)
    ]
    assert keys[0] == keys[2] != keys[1]
    assert kept_analysis(warehouse, incident="inc-42").id == keys[0]
    assert len(all_proposed(warehouse, keys)) == 2


def test_numbers_that_are_not_finite_are_kept_as_null(warehouse: Warehouse) -> None:
    answer = analysis()
    item = answer.causes[0].evidence[0].model_copy(update={"data": {"low": -math.inf, "all": [math.nan, 1.0]}})
    cause = answer.causes[0].model_copy(update={"evidence": (item,)})
    answer = answer.model_copy(update={"causes": (cause,)})
    back = kept_analysis(warehouse, keep_analysis(warehouse, answer, proposed_of(answer)))
    assert back.causes[0].evidence[0].data == {"low": None, "all": [None, 1.0]}


def test_what_is_not_kept_is_said_with_the_nearest(warehouse: Warehouse, kept: str) -> None:
    with pytest.raises(UnknownName, match=kept):
        kept_analysis(warehouse, kept[:-1])
    with pytest.raises(UnknownName, match=kept):
        kept_proposed(warehouse, kept[:-1])
    with pytest.raises(UnknownName, match="did you mean 'inc-42'"):
        kept_analysis(warehouse, incident="inc-24")
    warehouse.connection.execute("INSERT INTO incidents VALUES ('declared', '{}')")
    with pytest.raises(InputError, match="rca analyze --db"):
        kept_analysis(warehouse, incident="declared")


def test_many_are_read_at_once_and_unknown_ones_left_out(warehouse: Warehouse, keep: Keep) -> None:
    keys = [keep(of_incident(f"inc-{number}")) for number in range(5)]
    found = all_proposed(warehouse, [*keys[:3], "nothing"])
    assert set(found) == set(keys[:3])
    assert all(len(proposed.candidates) == 4 for proposed in found.values())


def test_the_engine_keeps_its_answer_only_in_a_database_file(tmp_path: Path) -> None:
    db = tmp_path / "example.duckdb"
    (answer,) = analyse_bundle(EXAMPLE, db=db)
    (elsewhere,) = analyse_bundle(EXAMPLE)
    assert elsewhere.id is None
    with Warehouse(db) as warehouse:
        assert answer.id is not None
        assert json.loads(kept_analysis(warehouse, answer.id).model_dump_json()) == json.loads(answer.model_dump_json())
        listed = {(c.family, c.node, c.subject) for c in answer.causes}
        assert listed <= {c.key for c in kept_proposed(warehouse, answer.id).candidates}
