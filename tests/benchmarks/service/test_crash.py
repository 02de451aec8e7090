"""The short form of the script that kills a service, damages its files and fills its disk."""

from pathlib import Path

import pytest
from rich.progress import Progress

from benchmarks.service.crash import kill_often
from benchmarks.service.damage import KINDS, damage
from benchmarks.service.full import fill_up


@pytest.fixture
def quiet() -> Progress:
    return Progress(disable=True)


def folder(place: Path, name: str) -> Path:
    made = place / name
    made.mkdir()
    return made


def test_kills_lose_nothing(tmp_path: Path, quiet: Progress) -> None:
    found = kill_often(folder(tmp_path, "kills"), 3, 1, quiet)
    assert (found.lost, found.twice, found.halves, found.refused) == (0, 0, 0, [])
    assert found.acknowledged > 0


def test_damage_is_mended_or_told(tmp_path: Path, quiet: Progress) -> None:
    found = damage(folder(tmp_path, "damage"), len(KINDS), 1, quiet)
    assert found.silent_kinds == []
    assert sum(found.mended.values()) + sum(found.told.values()) == len(KINDS)
    assert found.mended["receipts cut"] == 1
    assert found.told["log gone, spool bit"] == 1


def test_a_full_disk_is_told_and_left(tmp_path: Path, quiet: Progress) -> None:
    found = fill_up(folder(tmp_path, "full"), 1, quiet)
    if found.why_not:
        pytest.skip(found.why_not)
    assert (found.told, found.read_while_full, found.recovered) == (1, 1, 1)
    assert (found.lost, found.twice) == (0, 0)
    assert found.acknowledged > 0
