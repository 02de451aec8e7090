"""The systems that the benchmark builds on the shipped tables."""

import numpy as np
import pytest

from benchmarks.incidents.healthy import lines
from benchmarks.incidents.tables import DOMAINS, HELD_OUT, TUNE, cascade_of
from benchmarks.incidents.tables.system import DATA, mean_before
from rca.demo.table import is_text

ALL = sorted(DOMAINS)


def table(name: str) -> str:
    return name.split("-", maxsplit=1)[0]


def test_no_table_is_in_both_halves() -> None:
    assert {*TUNE, *HELD_OUT} == set(DOMAINS)
    assert not {*map(table, TUNE)} & {*map(table, HELD_OUT)}


@pytest.mark.parametrize("half", [TUNE, HELD_OUT], ids=["tune", "held-out"])
def test_each_half_has_every_task_and_depth_and_several_kinds_of_model(half) -> None:
    domains = [DOMAINS[name] for name in half]
    assert {domain.final.task for domain in domains} == {"binary", "multiclass", "regression"}
    assert {len(domain.models) for domain in domains} == {1, 2, 3}
    assert len({spec.kind for domain in domains for spec in domain.models}) >= 4
    assert {domain.in_order for domain in domains} == {True, False}


@pytest.mark.parametrize("name", ALL)
def test_every_column_has_one_producer_and_the_table_has_it(name) -> None:
    domain = DOMAINS[name]
    assert len(set(domain.columns)) == len(domain.columns)
    columns = domain.load()
    assert {*domain.columns, *domain.hidden, *(spec.target for spec in domain.models)} <= set(columns)
    for spec in domain.models:
        for column in spec.inputs:
            assert column in domain.hidden or domain.producer(column)
            assert column != spec.target
    for segment in domain.segments:
        assert is_text(columns[segment])
        assert not domain.readers(segment)
        assert domain.producer(segment) in domain.sources
    assert len({len(values) for values in columns.values()}) == 1


@pytest.mark.parametrize("name", ALL)
def test_some_segment_can_hold_a_fault(name) -> None:
    columns, domain = DOMAINS[name].load(), DOMAINS[name]
    shares = [np.unique(columns[segment].astype(str), return_counts=True)[1] for segment in domain.segments]
    assert any(((counts / counts.sum() > 0.15) & (counts / counts.sum() < 0.85)).any() for counts in shares)


@pytest.mark.parametrize("name", ALL)
def test_healthy_models_are_good_and_serve_many_rows(name) -> None:
    cascade = cascade_of(name)
    assert cascade.pool_size > 2500
    for _, _, _, node, _, metric, value, constant in lines(DOMAINS[name], cascade):
        if metric == "mae":
            assert value < 0.8 * constant, node
        else:
            assert value > constant + 0.2, node


def test_the_tables_are_small_and_their_sources_are_told() -> None:
    told = (DATA / "SOURCES.md").read_text()
    files = sorted(DATA.glob("*.parquet"))
    assert sum(file.stat().st_size for file in files) < 6e6
    assert all(f"`{file.name}`" in told for file in files)


def test_the_mean_of_earlier_values_looks_back_only() -> None:
    values = np.array([1.0, np.nan, 3.0, 5.0, 7.0])
    assert np.allclose(mean_before(values, 1, 2), [np.nan, 1.0, 1.0, 3.0, 4.0], equal_nan=True)
    assert np.allclose(mean_before(values, 2, 2), [np.nan, np.nan, 1.0, np.nan, 3.0], equal_nan=True)
