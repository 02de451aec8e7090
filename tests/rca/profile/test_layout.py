import math

import pytest

from rca.profile.labels import range_label, range_labels
from rca.profile.layout import FIRST_CODE, read_layouts
from rca.warehouse import Warehouse
from rca.warehouse.tables import ABOVE, BELOW, NULL, OTHER


def keep(warehouse, *bins, column="x", kind="numeric"):
    for code, role, left, right, category in bins:
        warehouse.connection.execute(
            "INSERT INTO bins VALUES ('m', ?, '', ?, ?, ?, ?, ?, ?)", [column, kind, code, role, left, right, category]
        )


def only_layout(warehouse):
    (layout,) = read_layouts(warehouse.connection, "m")
    return layout


def test_numbers_read_from_below_to_above():
    with Warehouse() as warehouse:
        keep(warehouse, (-1, "null", None, None, None), (0, "range", 1.5, 4.0, None))
        keep(warehouse, (1, "range", 4.0, math.nextafter(9.25, math.inf), None))
        layout = only_layout(warehouse)
    assert layout.roles == ("below", "range", "range", "above", "null", "nan", "minus_inf", "plus_inf")
    assert layout.labels[:4] == ("below 1.5", "[1.5, 4)", "[4, 9.25]", "above 9.25")
    assert layout.position[1 - FIRST_CODE] == 2
    assert layout.position[NULL - FIRST_CODE] == 4
    assert layout.position[OTHER - FIRST_CODE] == -1


def test_categories_are_named_plainly():
    with Warehouse() as warehouse:
        keep(warehouse, (0, "category", None, None, "DE"), (1, "category", None, None, ""), kind="category")
        layout = only_layout(warehouse)
    assert layout.labels == ("DE", "''", "other", "unseen", "null")


def test_later_edges_are_rebinned_onto_the_first_by_midpoint():
    with Warehouse() as warehouse:
        first = [(0, "range", 0.0, 10.0, None), (1, "range", 10.0, 20.0, None)]
        later = [(2, "range", 0.0, 4.0, None), (3, "range", 4.0, 18.0, None), (4, "range", 18.0, 30.0, None)]
        keep(warehouse, *first, *later)
        keep(warehouse, (5, "range", 40.0, None, None), (6, "range", None, 0.0, None))
        layout = only_layout(warehouse)
    places = {code: layout.labels[layout.position[code - FIRST_CODE]] for code in range(7)}
    assert places == {
        0: "[0, 10)",
        1: "[10, 20)",
        2: "[0, 10)",
        3: "[10, 20)",
        4: "[10, 20)",
        5: ">= 40",
        6: "< 0",
    }
    assert layout.left[layout.position[6 - FIRST_CODE]] == -math.inf
    assert layout.position[BELOW - FIRST_CODE] == 0
    assert layout.position[ABOVE - FIRST_CODE] == 5


@pytest.mark.parametrize(
    ("left", "right", "closed", "label"),
    [
        (12.5, 18.0, False, "[12.5, 18)"),
        (-math.inf, 3.0, False, "< 3"),
        (3.0, math.inf, False, ">= 3"),
        (-math.inf, math.inf, False, "any"),
        (2.0, math.nextafter(2.0, math.inf), True, "2"),
        (1.0, math.nextafter(2.0, math.inf), True, "[1, 2]"),
    ],
)
def test_range_labels(left, right, closed, label):
    assert range_label(left, right, closed=closed) == label


def test_whole_numbers_read_as_themselves():
    top = math.nextafter(5.0, math.inf)
    assert range_labels([0.0, 1.0, 2.0, 5.0], [1.0, 2.0, 5.0, top]) == ["0", "1", "[2, 5)", "5"]
    assert range_labels([0.0, 0.5], [0.5, 1.5]) == ["[0, 0.5)", "[0.5, 1.5)"]
    assert range_labels([], []) == []
