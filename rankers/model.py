"""A learned ranker as a document: trees that correct the heuristic's log-odds, and how sure to be of the sum.

The document is JSON with the trees in LightGBM's text format; nothing in it is ever executed. Its checksum is verified
before anything of it is read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from rankers import heuristic
from rankers.trees import MalformedModel, Trees, read_trees

FORMAT = 1


class TamperedModel(ValueError):
    """The document is not the one whose checksum was recorded."""


@dataclass(frozen=True)
class Model:
    """What was learned.

    Parameters
    ----------
    version
        Its name: who learned it, and a part of its checksum of the training set.
    stages
        LightGBM's text models, each learned on top of the ones before; their scores are summed.
    heuristic
        Version of the heuristic whose log-odds they correct.
    sharpness, none_shift
        Calibration: log-odds are multiplied by the first; the second is added to those of none.
    about
        Parent, hash and size of the training set, features, metrics: said by `rca rankers show`, never computed with.
    """

    version: str
    stages: tuple[str, ...] = ()
    heuristic: str = heuristic.VERSION
    sharpness: float = 1.0
    none_shift: float = 0.0
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def trees(self) -> tuple[Trees, ...]:
        """Return the stages, read.

        Raises
        ------
        MalformedModel
            When one of them is no model of ours.
        """
        return tuple(read_trees(text) for text in self.stages)

    def to_json(self) -> str:
        """Return the document, the same text for the same model."""
        content = {"format": FORMAT, **asdict(self), "stages": [*self.stages], "about": dict(self.about)}
        return json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=True) + "\n"


def checksum(document: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal."""
    return hashlib.sha256(document.encode()).hexdigest()


def read_model(document: str, expected: str | None = None) -> Model:
    """Return the model of a document.

    Parameters
    ----------
    expected
        The recorded checksum; None for a document that was made just now.

    Raises
    ------
    TamperedModel
        When the checksum is another one; nothing of the document was read then.
    MalformedModel
        When it is no such document, or made for another heuristic.
    """
    if expected is not None and checksum(document) != expected:
        raise TamperedModel("the model's checksum is not the recorded one")
    try:
        content = json.loads(document)
        found = Model(
            version=str(content["version"]),
            stages=tuple(map(str, content["stages"])),
            heuristic=str(content["heuristic"]),
            sharpness=float(content["sharpness"]),
            none_shift=float(content["none_shift"]),
            about=dict(content["about"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedModel(f"this is no model document: {type(error).__name__} {error}") from error
    if content.get("format") != FORMAT:
        raise MalformedModel(f"format {content.get('format')!r} is not {FORMAT}")
    if found.heuristic != heuristic.VERSION:
        raise MalformedModel(f"it corrects {found.heuristic}, the heuristic is {heuristic.VERSION}")
    if not 0.01 < found.sharpness < 100.0 or not abs(found.none_shift) < 100.0:  # noqa: PLR2004 - sane numbers
        raise MalformedModel("its calibration is out of bounds")
    _ = found.trees  # a model that cannot be read is refused here
    return found
