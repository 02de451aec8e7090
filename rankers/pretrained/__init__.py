"""The ranker that ships, and the incidents that it learned from; `DATASHEET.md` says which, and how.

A site's labels are learned together with those incidents: a few labels then move little, and many have their way.
"""

import hashlib
from functools import cache
from importlib.resources import files

from rankers.labelled import Labelled
from rankers.model import Model, TamperedModel, read_model
from rankers.pretrained.cases import read_cases
from rankers.trees import MalformedModel

MODEL, LESSONS, CHECKSUMS = "model.json", "lessons.parquet", "checksums.sha256"


@cache
def pretrained() -> Model:
    """Return the shipped ranker.

    Raises
    ------
    TamperedModel
        When its checksum is not the one beside it.
    MalformedModel
        When it is missing, not to be read, or made for another heuristic.
    """
    try:
        return read_model(_content(MODEL).decode(), _recorded(MODEL))
    except UnicodeDecodeError as error:
        raise TamperedModel("the shipped ranker is no text") from error


@cache
def lessons() -> tuple[Labelled, ...]:
    """Return the incidents that the shipped ranker learned from, with the truth as their labels.

    Raises
    ------
    TamperedModel
        When their checksum is not the recorded one; nothing of them was read then.
    MalformedModel
        When they are missing.
    """
    content = _content(LESSONS)
    if hashlib.sha256(content).hexdigest() != _recorded(LESSONS):
        raise TamperedModel("the shipped lessons' checksum is not the recorded one")
    return tuple(case.truth(group=case.data_set) for case in read_cases(content))


def _content(name: str) -> bytes:
    try:
        return (files(__name__) / name).read_bytes()
    except OSError as error:
        raise MalformedModel(f"the shipped ranker is damaged: {name}, {type(error).__name__}") from error


def _recorded(name: str) -> str:
    lines = (line.split() for line in _content(CHECKSUMS).decode(errors="replace").splitlines())
    return next((line[0] for line in lines if line[1:] == [name]), "")
