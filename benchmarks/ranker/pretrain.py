"""Learn the ranker that ships, from the tables for tuning alone; the same pool gives the same file, byte by byte.

`python -m benchmarks.ranker.pretrain` writes `rankers/pretrained/`; with `--check` it only says whether what is there
is what would be written.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.ranker.curve import PLAIN
from benchmarks.ranker.pool import LESSONS, read_pool
from rankers import pretrained
from rankers.fit import columns_of, fit
from rankers.labelled import Labelled
from rankers.model import Model, checksum
from rankers.pretrained.cases import Case, rows_of

FOLDER = Path(pretrained.__file__).parent
VERSION = "pretrained-1"


def lessons(cases: Sequence[Case]) -> list[Case]:
    """Return the incidents that the shipped ranker learns from."""
    return [case for case in cases if case.half == "tune"]


def taught(cases: Sequence[Case]) -> tuple[Labelled, ...]:
    """Return those incidents, labelled with the truth; a data set's are left out together."""
    return tuple(case.truth(group=case.data_set) for case in lessons(cases))


def learned(cases: Sequence[Case], version: str = VERSION) -> Model:
    """Return what is learned from some incidents, checked on data sets left out."""
    return fit(taught(cases), PLAIN, version=version)


def shipped(cases: Sequence[Case]) -> Model:
    """Return the ranker that ships, with what it was learned from."""
    chosen = lessons(cases)
    rows = json.dumps([list(rows_of(case)) for case in chosen], sort_keys=True)
    about = {
        "parent": PLAIN.version,
        "training": {
            "hash": hashlib.sha256(rows.encode()).hexdigest(),
            "incidents": len(chosen),
            "tables": sorted({case.data_set for case in chosen}),
            "data": pretrained.LESSONS,
            "seed": 0,
        },
        "features": list(columns_of([case.truth() for case in chosen])),
        "command": "python -m benchmarks.ranker.pretrain",
    }
    return replace(learned(cases), about=about)


def main() -> None:
    """Read the arguments; write the model, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args()
    document = shipped(read_pool()).to_json()
    there = (FOLDER / pretrained.MODEL).read_text(encoding="utf-8") if (FOLDER / pretrained.MODEL).exists() else ""
    if given.check:
        same = document == there
        print("the same" if same else "another model than the one that ships")
        raise SystemExit(0 if same else 1)
    (FOLDER / pretrained.MODEL).write_text(document, encoding="utf-8")
    sums = {pretrained.MODEL: checksum(document), pretrained.LESSONS: hashlib.sha256(LESSONS.read_bytes()).hexdigest()}
    text = "".join(f"{each}  {name}\n" for name, each in sums.items())
    (FOLDER / pretrained.CHECKSUMS).write_text(text, encoding="utf-8")
    print(f"{VERSION}: {len(document) // 1024} KiB, sha256 {checksum(document)}")


if __name__ == "__main__":
    main()
