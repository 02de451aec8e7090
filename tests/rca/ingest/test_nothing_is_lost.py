"""Properties: whatever the batches hold, every row and value is landed, null, or set aside and counted."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rca.ingest.landing import DAY, Landed, bundle, parquet

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.floats()), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=3, max_size=3),
    st.lists(
        st.one_of(st.none(), st.sampled_from(["1", "2.5", "x", "", "true", "2026-01-01"])), min_size=3, max_size=3
    ),
    st.lists(st.one_of(st.none(), st.dates().map(str)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.lists(st.floats(width=32), max_size=3)), min_size=3, max_size=3),
)
BATCHES = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=4)


def write(folder: Path, batches: list[dict[str, list[Any]]]) -> None:
    for number, columns in enumerate(batches):
        ts = [DAY + timedelta(days=number, minutes=k) for k in range(3)]
        arrays = {name: pa.array(values) for name, values in columns.items()}
        parquet(folder / "predictions" / "m" / f"{number}.parquet", **arrays, ts=pa.array(ts))


@settings(max_examples=25, deadline=None)
@given(BATCHES)
def test_every_value_is_kept_or_counted(batches: list[dict[str, list[Any]]]) -> None:
    reserved = {"ts", "prediction", "label", "split", "label_ts", "query_id", "request_id", "trace_id", "model_version"}
    batches = [{name: values for name, values in columns.items() if name not in reserved} for columns in batches]
    with tempfile.TemporaryDirectory() as place:
        folder = bundle(Path(place), "nodes: [{id: m, kind: model, task: binary}]\n")
        write(folder, batches)
        landed = Landed(folder)
        assert landed.report.total("rows") == 3 * len(batches)
        assert landed.rows("SELECT count(*) FROM predictions_1") == [(3 * len(batches),)]
        nulls = Counter(
            {(k, name): values.count(None) for k, columns in enumerate(batches) for name, values in columns.items()}
        )
        seen = landed.rows(
            """SELECT files.path, column_name, nulls, uncast FROM schema_observations JOIN files USING (file_id)
               WHERE column_name <> 'ts'"""
        )
        assert {(int(Path(path).stem), name): n for path, name, n, _ in seen} == dict(nulls)
        assert sum(row[3] for row in seen) == len(landed.quarantine()) == landed.report.total("quarantined")
        for name in {name for columns in batches for name in columns}:
            kept = sum(value is not None for value in landed.column(name))
            sent = sum(len(c[name]) - c[name].count(None) for c in batches if name in c)
            assert kept == sent - sum(row[3] for row in seen if row[1] == name)
        before = landed.everything()
        landed.again()
        # NaN differs from itself, so the tables are compared as text
        assert repr(landed.everything()) == repr(before)
        landed.warehouse.close()
