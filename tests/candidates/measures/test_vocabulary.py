"""What happened to a column's categories, case by case."""

import pytest

from candidates.measures.vocabulary import BESIDE, vocabulary_signature

COUNTRIES = {"Germany": 400, "France": 300, "Italy": 200, "Spain": 100}


def counted(after, before=COUNTRIES):
    """Return (value, rows before, rows after), most frequent first."""
    values = sorted({*before, *after}, key=lambda v: (-(before.get(v, 0) + after.get(v, 0)), v))
    return tuple((v, before.get(v, 0), after.get(v, 0)) for v in values)


def mechanism(after, before=COUNTRIES):
    found = vocabulary_signature(counted(after, before))
    return found[0].mechanism if found else None


def renamed(change):
    return {change(value): n for value, n in COUNTRIES.items()}


SPELLED = {
    "upper": str.upper,
    "padded": lambda v: f"  {v} ",
    "prefixed with a mark": lambda v: f"#{v}",
    "accented": lambda v: v.replace("a", "á"),
    "snake": "_".join,
}


@pytest.mark.parametrize("spelling", SPELLED)
def test_the_same_values_spelled_otherwise_are_re_encoded(spelling):
    assert mechanism(renamed(SPELLED[spelling])) == "re_encoded"


def test_only_some_rows_spelled_otherwise_are_re_encoded():
    mixed = {value: n // 2 for value, n in COUNTRIES.items()}
    mixed |= {value.upper(): n - n // 2 for value, n in COUNTRIES.items()}
    assert mechanism(mixed) == "re_encoded"


def test_codes_in_place_of_names_are_re_encoded():
    codes = dict(zip(COUNTRIES, ("1", "2", "3", "4"), strict=True))
    assert mechanism({codes[value]: n for value, n in COUNTRIES.items()}) == "re_encoded"


def test_one_value_written_otherwise_is_re_encoded():
    after = {value: n for value, n in COUNTRIES.items() if value != "France"} | {"FR": 300}
    assert mechanism(after) == "re_encoded"


def test_values_more_beside_the_old_ones_are_new_categories():
    after = {value: int(0.8 * n) for value, n in COUNTRIES.items()} | {"Portugal": 150, "Greece": 50}
    assert mechanism(after) == "new_categories"


def test_many_rare_values_are_garbage():
    after = {value: int(0.5 * n) for value, n in COUNTRIES.items()}
    after |= {f"x{i:03}": 2 for i in range(250)}
    assert mechanism(after) == "garbled"


@pytest.mark.parametrize(
    "after",
    [
        COUNTRIES,
        {"Germany": 100, "France": 900},
        COUNTRIES | {"Malta": 5},
        {},
    ],
)
def test_known_values_in_another_mix_or_a_rare_new_one_are_nothing(after):
    assert mechanism(after) is None


def test_nothing_known_before_is_nothing():
    assert vocabulary_signature(()) == ()
    assert mechanism(COUNTRIES, {}) is None


def test_the_share_touched_is_that_of_the_new_values():
    (sign,) = vocabulary_signature(counted({"Germany": 500, "GERMANY": 500}))
    assert sign.touched == pytest.approx(0.5)
    assert "'GERMANY'" in sign.words


def damaged(*ways):
    """Return half of each value's rows as they were, the others damaged in turn."""
    after = {value: n // 2 for value, n in COUNTRIES.items()}
    for way in ways:
        for value, n in COUNTRIES.items():
            broken = way(value)
            after[broken] = after.get(broken, 0) + n // 2 // len(ways)
    return after


DAMAGE = {
    "replaced characters": (lambda v: f"\ufffd{v[1:]}",),
    "question marks": (lambda v: "?" * len(v), lambda v: v[:1]),
    "cut anywhere": (lambda v: v[:2], lambda v: v[:3], lambda v: v[:4]),
    "typing errors": (lambda v: v[1:], lambda v: v[:2] + v[3:], lambda v: v[:-1], lambda v: f"{v[:3]}x{v[3:]}"),
    "mixed case": (str.upper, str.lower, str.swapcase),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_old_values_damaged_in_several_ways_are_garbage(kind):
    assert mechanism(damaged(*DAMAGE[kind])) == "garbled"


def test_question_marks_in_place_of_characters_are_damage():
    grades = {"SI1": 300, "SI2": 200, "VS1": 250, "VS2": 250}
    kept = {value: n // 2 for value, n in grades.items()}
    assert mechanism(kept | {"SI?": 250, "VS?": 250}, grades) == "garbled"
    assert mechanism(kept | {"FL1": 250, "FL2": 250}, grades) != "garbled"
    unsure = grades | {"SI?": 50}
    assert mechanism({value: n // 2 for value, n in unsure.items()} | {"VS?": 250}, unsure) != "garbled"


def test_a_value_split_into_named_parts_is_no_damage():
    people = {"Male": 670, "Female": 330}
    assert mechanism({"Male": 670, "Female A": 200, "Female B": 130}, people) != "garbled"
    assert mechanism({"Male": 670, "Female!": 110, "FEMALE": 110, "Femal": 110}, people) == "garbled"


def test_next_releases_are_no_damage():
    builds = {"web-117": 300, "web-118": 500}
    assert mechanism({"web-118": 400, "web-119": 250, "web-120": 150}, builds) != "garbled"


def test_a_mark_for_unknown_that_was_there_before_is_no_damage():
    jobs = {"Sales": 500, "Clerk": 400, "?": 100}
    assert mechanism({"Sales": 500, "Clerk": 200, "? ?": 60, "Pilot": 200}, jobs) != "garbled"


OLD = (("de", 400, 320), ("fr", 300, 240), ("it", 300, 240))


def specificity(*vocabulary: tuple[str, int, int]) -> float:
    (found,) = vocabulary_signature(vocabulary)
    assert found.mechanism == "new_categories"
    return found.specificity


@pytest.mark.parametrize("categories", [3, 10, 19, 21, 30])
def test_values_for_which_all_old_ones_made_room_are_rows_of_others(categories):
    old = [(f"c{k:02d}", 1000, 800) for k in range(categories)]
    assert specificity(*old, ("new", 0, 200 * categories)) == BESIDE


@pytest.mark.parametrize("name", ["UNKNOWN", "N/A", "other", "(missing)", "not set"])
def test_a_default_written_at_random_is_none(name):
    assert specificity(*OLD, (name, 0, 200)) > BESIDE


def test_a_value_that_took_the_place_of_one_old_value_is_none():
    merged = (("de", 400, 400), ("fr", 300, 150), ("it", 300, 150), ("south", 0, 300))
    assert specificity(*merged) > BESIDE
