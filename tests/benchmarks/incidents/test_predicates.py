import numpy as np
import pytest

from benchmarks.incidents.files import Files
from benchmarks.incidents.predicates import Condition, jaccard, read_predicate, same_slices, select

COLUMNS = ("country", "hour", "a b", "a b=c")


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("country=DE & hour in [22,23]", [("country", "=", "DE"), ("hour", "in", "22", "23")]),
        ("hour>=5 & hour<7.5", [("hour", ">=", "5"), ("hour", "<", "7.5")]),
        ("country is null", [("country", "is null")]),
        ("country=A & B", [("country", "=", "A & B")]),
        ("country=A & B & hour<3", [("country", "=", "A & B"), ("hour", "<", "3")]),
        ("country=x=y", [("country", "=", "x=y")]),
        ("country=", [("country", "=", "")]),
        ("a b=c=1", [("a b=c", "=", "1")]),
        ("country = DE", [("country", "=", "DE")]),
    ],
)
def test_reading(text, conditions) -> None:
    expected = tuple(Condition(name, form, tuple(values)) for name, form, *values in conditions)
    assert read_predicate(text, COLUMNS) == expected


@pytest.mark.parametrize("text", ["", "nothing", "town=DE", "country~DE", "hour>5"])
def test_what_is_no_predicate(text) -> None:
    assert read_predicate(text, COLUMNS) is None


def column(files, name):
    return files.connection.execute(f"SELECT {name} FROM {files.logs('scorer')}").fetchnumpy()[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("country=DE", lambda f: column(f, "country") == "DE"),
        ("country=A & B", lambda f: column(f, "country") == "A & B"),
        ("country in [DE,FR]", lambda f: np.isin(column(f, "country"), ["DE", "FR"])),
        ("age>=40", lambda f: column(f, "age") >= 40),
        ("age in [40,50]", lambda f: (column(f, "age") >= 40) & (column(f, "age") <= 50)),
        ("age in [40,50,60]", lambda f: np.isin(column(f, "age"), [40, 50, 60])),
        ("age=40", lambda f: column(f, "age") == 40),
        ("age<40 & country=DE", lambda f: (column(f, "age") < 40) & (column(f, "country") == "DE")),
        ("amount is null", lambda f: np.ma.getmaskarray(column(f, "amount"))),
        ("amount<20", lambda f: np.ma.filled(column(f, "amount"), np.inf) < 20),
    ],
)
def test_rows(toy_bundle, text, expected) -> None:
    files = Files(toy_bundle)
    mask = select(files, "scorer", [text])[0]
    assert mask.any()
    assert (mask == np.asarray(expected(files))).all()


def test_slices_are_the_same_by_their_rows(toy_bundle) -> None:
    others = ["age in [18,39]", "age<41", "age<30", "age<39.5 & age>=0", "no predicate", "age<40"]
    same = same_slices(Files(toy_bundle), "scorer", "age<40", others)
    assert same == dict(zip(others, [True, True, False, True, False, True], strict=True))


def test_jaccard_of_nothing_is_nothing() -> None:
    nobody = np.zeros(3, dtype=bool)
    assert jaccard(nobody, nobody) == 0
