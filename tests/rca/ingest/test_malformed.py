"""Damaged and odd files: what is good is kept, what is bad is set aside with its place and reason."""

import gzip
import os
from pathlib import Path

import pytest

from rca.errors import BundleError, InputError
from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import batch, columns, lines, parquet, text


def test_a_truncated_parquet_file_does_not_cost_the_others(folder: Path, land: Land) -> None:
    batch(folder, "a")
    broken = batch(folder, "b", n=5)
    broken.write_bytes(broken.read_bytes()[:-20])
    text(folder / "predictions/m/c.parquet", b"")
    landed = land()
    assert len(landed.column("amount")) == 4
    assert [(row[0], row[1]) for row in landed.quarantine()] == [
        ("predictions/m/b.parquet", None),
        ("predictions/m/c.parquet", None),
    ]
    assert "truncated" in landed.quarantine()[0][4] or "damaged" in landed.quarantine()[0][4]
    assert "empty" in landed.quarantine()[1][4]


def test_a_parquet_file_with_damaged_pages_does_not_cost_its_group(folder: Path, land: Land) -> None:
    batch(folder, "a", n=2000)
    broken = batch(folder, "b", n=2000, amount=[float(k * k % 977) for k in range(2000)])
    content = bytearray(broken.read_bytes())
    content[60:400] = os.urandom(340)
    broken.write_bytes(content)
    landed = land()
    assert len(landed.column("amount")) >= 2000
    assert landed.rows("SELECT count(*) FROM files") == [(2,)]


def test_csv_rows_with_the_wrong_number_of_fields(folder: Path, land: Land) -> None:
    text(
        folder / "predictions/m/a.csv",
        b"ts,prediction,label,amount\n"
        b"2026-01-01,0.1,1,5\n"
        b"2026-01-02,0.1\n"
        b"2026-01-03,0.1,1,7\n"
        b"2026-01-04,0.1,1,8,9\n"
        b"2026-01-05,0.1,1,\xff\xfe\n"
        b"2026-01-06,0.1,1,10\n",
    )
    landed = land()
    assert landed.column("amount") == [5, 7, 10]
    assert landed.rows("SELECT _row FROM predictions_1 ORDER BY ALL") == [(1,), (3,), (6,)]
    assert [row[1] for row in landed.quarantine()] == [2, 4, 5]
    assert landed.quarantine()[0][3] == "2026-01-02,0.1"


def test_invalid_json_lines(folder: Path, land: Land) -> None:
    text(
        folder / "predictions/m/a.jsonl",
        b'{"ts": "2026-01-01", "prediction": 0.5, "amount": 1}\n'
        b'{"ts": "2026-01-02", "prediction"\n'
        b"\n"
        b'{"ts": "2026-01-03", "prediction": 0.25, "amount": 2}\n'
        b"[1, 2]\n"
        b'{"ts": "2026-01-04", "prediction": NaN, "amount": "\xff"}\n'
        b'{"ts": "2026-01-05", "prediction": 1, "amount": null}\n',
    )
    landed = land()
    assert landed.column("amount") == [1, 2, None]
    assert landed.rows("SELECT _row FROM predictions_1 ORDER BY ALL") == [(1,), (4,), (7,)]
    assert sorted(row[1] for row in landed.quarantine()) == [2, 5, 6]


def test_a_stray_text_in_a_csv_column_of_numbers(folder: Path, land: Land) -> None:
    rows = "".join(f"2026-01-01T00:00:{k:02d}Z,0.5,{'oops' if k == 3 else k}\n" for k in range(10))
    text(folder / "predictions/m/a.csv", "ts,prediction,amount\n" + rows)
    landed = land()
    assert landed.kept("amount") == ("feature", "numeric", "DOUBLE")
    assert landed.column("amount")[:5] == [0.0, 1.0, 2.0, None, 4.0]
    assert [row[1:4] for row in landed.quarantine()] == [(4, "amount", "oops")]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "ts,prediction\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"  \n", "empty"),
        ("a.csv", b"ts,x,x\n2026-01-01,1,2\n", "twice"),
        ("a.json", b'[{"ts": ', "JSON"),
        ("a.csv.gz", b"not gzip", "unpacked"),
        ("a.parquet", b"PAR1 not really", "damaged"),
    ],
)
def test_files_of_no_use_are_named_with_the_reason(
    folder: Path, land: Land, name: str, content: bytes, reason: str
) -> None:
    batch(folder, "good")
    text(folder / "predictions/m" / name, content)
    landed = land()
    assert len(landed.column("amount")) == 4
    ((path, _, _, _, why),) = landed.quarantine()
    assert path == f"predictions/m/{name}"
    assert reason in why


def test_a_json_array_that_breaks_off(folder: Path, land: Land) -> None:
    text(folder / "predictions/m/a.json", b'[{"ts": "2026-01-01", "amount": 3}, ')
    landed = land()
    assert landed.column("amount") == [3]
    assert [row[1] for row in landed.quarantine()] == [2]
    assert "breaks off" in landed.quarantine()[0][4]


def test_nothing_usable_is_an_error_that_says_why(folder: Path, land: Land) -> None:
    with pytest.raises(InputError, match="no evidence"):
        land()
    parquet(folder / "predictions/m/a.parquet", **columns(ts=None))
    with pytest.raises(InputError, match="no time column 'ts'"):
        land()


def test_a_missing_folder_and_a_missing_system(tmp_path: Path, folder: Path, land: Land) -> None:
    (folder / "system.yaml").unlink()
    with pytest.raises(BundleError, match=r"system\.yaml is missing"):
        land()


def test_a_one_row_file_and_an_empty_table(folder: Path, land: Land) -> None:
    batch(folder, "a", n=1)
    parquet(folder / "predictions/m/b.parquet", **{name: values[:0] for name, values in columns().items()})
    landed = land()
    assert len(landed.column("prediction")) == 1
    assert landed.rows("SELECT rows FROM files ORDER BY path") == [(1,), (0,)]


ODD = [
    "a b;--",
    'say "hi"',
    "it's",
    "emoji 🎲",
    "DROP TABLE kpis",
    "a.b[0]",
    "c0",
    "file_index",
    "row_index",
    "select",
    " ",
]


def test_odd_column_names(folder: Path, land: Land) -> None:
    batch(folder, "a", **{name: [float(k)] * 4 for k, name in enumerate(ODD)}, **{"": [99.0] * 4})
    landed = land()
    for k, name in enumerate(ODD):
        assert landed.column(name) == [float(k)] * 4
    assert landed.column("") == [99.0] * 4


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_names_that_differ_only_in_case_are_different_columns(folder: Path, land: Land, suffix: str) -> None:
    data = columns(Amount=[9.5] * 4, AMOUNT=["x"] * 4, Ts=[1.5] * 4)
    path = folder / f"predictions/m/a.{suffix}"
    if suffix == "parquet":
        parquet(path, **data)
    elif suffix == "csv":
        rows = [",".join(map(str, row)) for row in zip(*data.values(), strict=True)]
        text(path, "\n".join([",".join(data), *rows]) + "\n")
    else:
        lines(path, *(dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)))
    landed = land()
    assert landed.column("amount") == [0.0, 1.0, 2.0, 3.0]
    assert landed.column("Amount") == [9.5] * 4
    assert landed.column("AMOUNT") == ["x"] * 4
    assert landed.column("Ts") == [1.5] * 4
    physical = landed.rows("SELECT physical FROM prediction_columns")
    assert len({name.casefold() for (name,) in physical}) == len(physical)


def test_two_thousand_columns(folder: Path, land: Land) -> None:
    batch(folder, "a", **{f"f{k}": [float(k)] * 4 for k in range(2000)})
    batch(folder, "b", **{f"f{k}": [float(k)] * 4 for k in range(2000)})
    landed = land()
    assert landed.column("f1999") == [1999.0] * 8
    assert landed.rows("SELECT count(*) FROM schema_observations") == [(2 * 2004,)]


def test_gzip_and_tabs_and_semicolons(folder: Path, land: Land) -> None:
    row = b"2026-01-01;0.5;1,5\n2026-01-02;0.5;x\n"
    text(folder / "predictions/m/a.csv", b"ts;prediction;note\n" + row)
    text(folder / "predictions/m/b.tsv", b'ts\tprediction\tnote\n2026-01-03\t0.5\t"a\tb"\n')
    text(
        folder / "predictions/m/c.csv.gz",
        gzip.compress(b'\xef\xbb\xbfts,prediction,note\n2026-01-04,0.5,"line\nbreak"\n'),
    )
    landed = land()
    assert landed.column("note") == ["1,5", "x", "a\tb", "line\nbreak"]
