import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.errors import InputError
from rca.review import listed_cause, missing_cause, spelled

names = st.text(st.characters(exclude_categories=("Cs", "Z", "Cc")), min_size=1, max_size=8)
keys = st.tuples(names.filter(lambda name: "/" not in name and name.split() == [name]), names, st.none() | names)


@given(st.lists(keys, min_size=1, max_size=5, unique_by=spelled), st.data())
def test_a_listed_cause_is_found_by_its_number_and_by_its_name(listed, data) -> None:
    place = data.draw(st.integers(0, len(listed) - 1))
    assert listed_cause(str(place + 1), listed) == listed[place]
    named = spelled(listed[place])
    assert named.isdigit() or listed_cause(named, listed) == listed[place]
    assert named.isdigit() or listed_cause(named, (), listed) == listed[place]


@pytest.mark.parametrize("text", ["0", "3", "-1", "²", "data_quality", ""])
def test_what_is_not_listed_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        listed_cause(text, [("a", "b", None), ("c", "d", "e")])


def test_a_number_of_an_empty_list_says_what_to_do() -> None:
    with pytest.raises(InputError, match="none was listed"):
        listed_cause("1", ())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("f/n", ("f", "n", None)),
        ("f/n/s", ("f", "n", "s")),
        ("f/n/s/t", ("f", "n", "s/t")),
        ("f/s3://lake/n", ("f", "s3://lake/n", None)),
        ("f/s3://lake/n/s", ("f", "s3://lake/n", "s")),
        ("f/unknown/s", ("f", "unknown", "s")),
        ("f/", ("f", "", None)),
    ],
)
def test_a_missing_cause_takes_the_longest_node_that_fits(text: str, parts: tuple[str, str, str | None]) -> None:
    found = missing_cause(text, ["n", "s3://lake", "s3://lake/n"])
    assert found == dict(zip(("family", "node", "subject"), parts, strict=True))


@pytest.mark.parametrize("text", ["a loose cable", "the feed/amount was wrong", " f/n", ""])
def test_words_are_no_name(text: str) -> None:
    assert missing_cause(text, ["n"]) is None
