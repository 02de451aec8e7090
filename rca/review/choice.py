"""Which ranker answers: the one that was asked for, or the best that can be read.

A ranker that cannot be read never stops an analysis: the heuristic answers, and the answer says so.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

import duckdb

from rankers import heuristic
from rankers.model import Model
from rca.errors import InputError
from rca.review.registry import HEURISTIC, PRETRAINED, UNUSABLE, all_versions, current, load
from rca.warehouse import Warehouse
from schemas.analysis import RankerInfo

Asked = Literal["auto", "heuristic", "supervised"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranker that answers.

    Parameters
    ----------
    model
        It; the heuristic is a model without trees.
    warnings
        What the reader of the answer should know of it.
    shadow
        A candidate to replace it, whose answers are kept beside.
    """

    model: Model = field(default_factory=lambda: Model(heuristic.VERSION))
    warnings: tuple[str, ...] = ()
    shadow: Model | None = None

    @property
    def info(self) -> RankerInfo:
        """Return what the answer says of the ranker."""
        kind: Literal["heuristic", "supervised"] = (
            "heuristic" if self.model.version == heuristic.VERSION else "supervised"
        )
        return RankerInfo(kind=kind, version=self.model.version)


def choose(warehouse: Warehouse, asked: Asked = "auto") -> Choice:
    """Return the ranker that answers.

    Parameters
    ----------
    asked
        auto: the database's current ranker; heuristic; supervised: the current one, or the shipped one where the
        heuristic is current or the current one cannot be read.

    Raises
    ------
    InputError
        When a supervised ranker was asked for and none can be read.
    """
    if asked not in get_args(Asked):
        raise InputError(f"no ranker is called {asked!r}", mend=f"give one of {', '.join(get_args(Asked))}")
    if asked == "heuristic":
        return Choice()
    try:
        answering = current(warehouse)
    except duckdb.Error as error:
        why = f"which ranker is current cannot be read ({error})"
        return Choice(warnings=(f"{why}; the heuristic ranked instead; restore the database from a backup",))
    wanted = [answering] if asked == "auto" else [v for v in (answering, PRETRAINED) if v != HEURISTIC]
    warnings: list[str] = []
    for version in dict.fromkeys(wanted):
        try:
            return Choice(load(warehouse, version), tuple(warnings), _candidate(warehouse, answering))
        except (*UNUSABLE, duckdb.Error) as error:
            warnings.append(_unusable(version, error))
    if asked == "supervised":
        raise InputError("; ".join(warnings), mend="or rank with --ranker heuristic")
    return Choice(warnings=tuple(f"{warning}; the heuristic ranked instead" for warning in warnings))


def _unusable(version: str, error: Exception) -> str:
    mend = "install rca again" if version == PRETRAINED else "take the one before: rca rankers rollback --db FILE"
    return f"the ranker {version} cannot be used ({error}); {mend}"


def _candidate(warehouse: Warehouse, answering: str) -> Model | None:
    """Return the newest candidate if it is newer than the current ranker and can be read."""
    try:
        learned = all_versions(warehouse)
        since = next((each.at for each in learned if each.version == answering), None)
        newest = next((each for each in learned if each.state == "candidate" and not each.damage), None)
        if newest is None or (since is not None and newest.at <= since):
            return None
        return load(warehouse, newest.version)
    except (*UNUSABLE, duckdb.Error):
        return None
