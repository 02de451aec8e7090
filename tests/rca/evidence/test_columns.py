import math
from datetime import UTC, timedelta

import numpy as np
import pytest

from rca.evidence.columns import category_counts, read_columns, read_outputs, unseen_categories
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.profile.landing import START, land, make_log

NODE = Node(id="m", kind="model", task="binary")
T0 = START.replace(tzinfo=UTC)


def window(first, last):
    """Hours after the start."""
    return Window(T0 + timedelta(hours=first), T0 + timedelta(hours=last))


def at(hour, **columns):
    return {"ts": START + timedelta(hours=hour), **columns}


@pytest.fixture(scope="module")
def warehouse():
    with Warehouse() as opened:
        make_log(opened, {"x": "DOUBLE", "country": "VARCHAR", "emb": "FLOAT[]"}, segments=["country"])
        train = [at(h, x=float(h % 10), country="DE", emb=[1.0, h], split="train", label=1.0) for h in range(40)]
        calm = [at(50 + h, x=float(h % 10), country="DE", emb=[1.0, h], label=0.0) for h in range(20)]
        odd = [at(70.5 + h, x=20.0, country="XX", prediction=1.0, label=0.0) for h in range(10)]
        missing = [at(75, x=x) for x in (None, math.nan, math.inf)]
        land(opened, [*train, *calm, *odd, *missing])
        update_profile(opened)
        yield opened


def read(warehouse, baseline=None, period=None, bucket=7200.0, **options):
    return read_columns(warehouse, NODE, baseline or window(50, 70), period or window(70, 80), bucket, **options)


def test_a_column_is_counted_by_bucket_and_bin(warehouse):
    x = read(warehouse)["x"]
    assert (x.node, x.column, x.part, x.kind) == ("m", "x", "", "numeric")
    assert x.ts[0] == np.datetime64("2026-03-03T02:00")
    assert x.counts.shape == (15, len(x.roles))
    assert x.counts.sum() == 33
    assert x.counts[:10].sum(axis=1).tolist() == [2] * 10
    assert x.sum_value[0] == 1.0
    assert x.sum_value_sq[1] == 13.0
    assert x.sum_value[10:].sum() == 200.0


def test_answers_may_be_added_up_in_the_place_of_losses(warehouse):
    by_loss, by_answer = read(warehouse)["country"], read(warehouse, of_answers=True)["country"]
    assert by_answer.after.tolist() == by_loss.after.tolist()
    assert by_answer.labelled_after.tolist() == by_answer.after.tolist()
    odd = by_answer.labels.index("XX") if "XX" in by_answer.labels else by_answer.roles.index("unseen")
    assert by_answer.loss_after[odd] == by_answer.after[odd] == 10
    assert by_loss.labelled_after.sum() == 10 < by_answer.labelled_after.sum()


def test_reference_baseline_and_window_are_apart(warehouse):
    x = read(warehouse)["x"]
    named = dict(zip(x.roles, x.after, strict=True))
    assert x.reference.sum() == 40
    assert x.before.sum() == 20
    assert x.after.sum() == 13
    assert (named["above"], named["null"], named["nan"], named["plus_inf"]) == (10, 1, 1, 1)
    assert x.labels[x.roles.index("above")] == "above 9"


def test_losses_and_labels_by_period(warehouse):
    x = read(warehouse)["x"]
    above = x.roles.index("above")
    assert x.loss_after[above] == 10.0
    assert x.labelled_after[above] == 10
    assert x.labelled_after.sum() == 10
    assert x.loss_before.sum() == pytest.approx(20 * 0.25)
    assert x.labelled_before.sum() == 20


def test_only_hours_inside_a_period_count(warehouse):
    x = read(warehouse, window(55, 60), window(72, 74))["x"]
    assert (x.before.sum(), x.after.sum()) == (5, 2)


def test_an_hour_goes_to_the_side_of_its_middle(warehouse):
    x = read(warehouse, window(50, 60.4), window(60.4, 70))["x"]
    assert (x.before.sum(), x.after.sum()) == (10, 10)


def test_a_period_without_an_hours_middle_takes_the_hours_it_touches(warehouse):
    x = read(warehouse, window(50, 60), window(60.6, 61.3))["x"]
    assert x.after.sum() == 2


def test_the_baseline_may_be_the_training_rows(warehouse):
    x = read(warehouse, window(70, 80), window(70, 80), baseline_split=True)["x"]
    assert x.before.tolist() == x.reference.tolist()
    assert x.labelled_before.sum() == 40


def test_vectors_have_one_profile_a_part_and_outputs_stand_apart(warehouse):
    found = read(warehouse)
    assert set(found) == {"x", "country", "emb[norm]", *(f"emb[p{k}]" for k in range(6))}
    assert found["emb[norm]"].kind == "vector"
    outputs = read_outputs(warehouse, NODE, window(50, 70), window(70, 80), 3600.0)
    assert set(outputs) == {"prediction", "label"}
    assert outputs["prediction"].after.sum() == 13


def test_buckets_are_whole_hours(warehouse):
    assert len(read(warehouse, bucket=60.0)["x"].ts) == 30
    assert len(read(warehouse, bucket=5400.0)["x"].ts) == 15


def test_categories_absent_from_the_reference(warehouse):
    country = read(warehouse)["country"]
    assert country.labels == ("DE", "other", "unseen", "null")
    assert country.after.tolist() == [0, 0, 10, 3]
    assert unseen_categories(warehouse, NODE, "country", window(70, 80)) == [("XX", 10)]
    assert unseen_categories(warehouse, NODE, "country", window(50, 70)) == []


def test_raw_categories_before_and_after(warehouse):
    counts = category_counts(warehouse, NODE, "country", window(50, 70), window(70, 80))
    assert counts == [("DE", 20, 0), ("XX", 0, 10)]
    assert category_counts(warehouse, NODE, "country", window(50, 70), window(70, 80), limit=1) == [("DE", 20, 0)]


def test_what_is_not_there_is_empty(warehouse):
    ghost = Node(id="ghost", kind="model")
    assert read_columns(warehouse, ghost, window(0, 1), window(1, 2), 3600.0) == {}
    assert read_outputs(warehouse, ghost, window(0, 1), window(1, 2), 3600.0) == {}
    assert unseen_categories(warehouse, ghost, "x", window(0, 1)) == []
    assert category_counts(warehouse, NODE, "ghost", window(0, 1), window(1, 2)) == []


def test_periods_without_rows_give_zeros(warehouse):
    x = read(warehouse, window(500, 501), window(501, 502))["x"]
    assert x.counts.sum() == x.before.sum() == x.after.sum() == 0
    assert x.reference.sum() == 40


def test_imported_histograms_with_changing_edges_land_on_the_first():
    with Warehouse() as warehouse:
        con = warehouse.connection
        for code, left, right in ((0, 0, 10), (1, 10, 20), (2, 0, 15), (3, 15, 20)):
            con.execute(
                "INSERT INTO bins VALUES ('m', 'x', '', 'numeric', ?, 'range', ?, ?, NULL)", [code, left, right]
            )
            con.execute(
                "INSERT INTO profile VALUES ('m', '', 'production', 'x', '', ?, ?, 5, 0, "
                "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
                [START + timedelta(hours=code // 2), code],
            )
        x = read_columns(warehouse, NODE, window(0, 1), window(1, 2), 3600.0)["x"]
    assert x.labels[:4] == ("below 0", "[0, 10)", "[10, 20)", "above 20")
    assert x.before.tolist() == x.after.tolist() == [0, 5, 5, 0, 0, 0, 0, 0]
    assert np.isfinite(x.sum_value).all()
