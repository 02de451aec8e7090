"""The rankers that a database knows: every one that was learned there, and which of them answers.

What happened to them is a log that is only added to. Which one is current follows from the log: a promotion puts a
version on top of the one before, a rollback takes it off again. The heuristic and the shipped, pretrained ranker are
below all that was learned, and always there.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import duckdb

from rankers import heuristic
from rankers.model import Model, TamperedModel, checksum, read_model
from rankers.pretrained import pretrained
from rankers.trees import MalformedModel
from rca.errors import InputError, UnknownName
from rca.warehouse import Warehouse

HEURISTIC, PRETRAINED = "heuristic", "pretrained"
BUILT_IN = (HEURISTIC, PRETRAINED)
KEPT, PROMOTED, ROLLED_BACK = "kept", "promoted", "rolled_back"
REFUSED: Literal["refused"] = "refused"
UNUSABLE = (TamperedModel, MalformedModel, UnknownName)
"""What `load` raises for a ranker that cannot answer."""

MEASURED = "measured to be no worse than the ranker before it"

State = Literal["current", "candidate", "retired", "refused"]
COLUMNS = "version, learned_at, parent, state, sha256, reason, training_hash, incidents, figures, comparison"


@dataclass(frozen=True, slots=True)
class Registered:
    """What is known of a learned ranker besides its document.

    Parameters
    ----------
    version
        Its name.
    at
        When it was learned, UTC.
    parent
        `pretrained` when it was learned together with what the shipped ranker learned from, else `heuristic`.
    state
        current: it answers; candidate: it was not promoted yet; retired: it answered once; refused: its document is
        damaged.
    reason
        Why it has this state.
    training_hash
        SHA-256 of what it learned from.
    incidents
        Ids of the incidents it learned from.
    figures
        Its own, on labels it had not seen.
    comparison
        With the ranker that was current then.
    damage
        What is wrong with its entry; '' for nothing. A damaged one is listed, and never answers.
    """

    version: str
    at: datetime
    parent: str
    state: State
    sha256: str
    reason: str
    training_hash: str
    incidents: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    comparison: Mapping[str, Any] | None = None
    damage: str = ""

    @property
    def not_worse(self) -> bool:
        """Return whether it was measured to be no worse than the ranker that was current then."""
        return bool(self.comparison and self.comparison.get("not_worse"))

    def compared_with(self, current: str) -> bool:
        """Return whether it was measured to be no worse than this one."""
        return self.not_worse and (self.comparison or {}).get("against", current) == current


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a ranker: `kept`, `promoted`, `rolled_back` (to it) or `refused`."""

    version: str
    at: datetime
    what: str
    who: str
    reason: str


def keep(
    warehouse: Warehouse,
    model: Model,
    *,
    parent: str,
    training_hash: str,
    incidents: Iterable[str] = (),
    figures: Mapping[str, Any] | None = None,
    comparison: Mapping[str, Any] | None = None,
    who: str = "rca",
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Keep a learned ranker as a candidate, with all that is known of it; see `Registered`.

    One that was refused is replaced by the same one learned again.

    Raises
    ------
    InputError
        When there is a version of that name already.
    """
    usable = (each.version for each in all_versions(warehouse) if each.state != REFUSED)
    if model.version in {*BUILT_IN, *usable}:
        raise InputError(f"there is a ranker {model.version!r} already", mend="rca rankers list shows all of them")
    document = model.to_json()
    row = {
        "version": model.version,
        "learned_at": _naive(at or datetime.now(UTC)),
        "parent": parent,
        "state": "candidate",
        "document": document,
        "sha256": checksum(document),
        "reason": reason,
        "training_hash": training_hash,
        "incidents": list(incidents),
        "figures": json.dumps(figures or {}),
        "comparison": json.dumps(comparison),
    }
    with warehouse.transaction():
        places = ", ".join("?" * len(row))
        warehouse.connection.execute(
            f"INSERT OR REPLACE INTO rankers ({', '.join(row)}) VALUES ({places})", list(row.values())
        )
        _note(warehouse, model.version, KEPT, who, reason)


def all_versions(warehouse: Warehouse) -> list[Registered]:
    """Return every ranker that was learned in this database, the newest first, damaged entries among them."""
    rows = warehouse.connection.execute(f"SELECT {COLUMNS} FROM rankers ORDER BY learned_at DESC, version").fetchall()
    return [_registered(dict(zip(COLUMNS.split(", "), row, strict=True))) for row in rows]


def registered(warehouse: Warehouse, version: str) -> Registered:
    """Return what is known of one learned ranker.

    Raises
    ------
    UnknownName
        When there is none of that name.
    """
    found = {each.version: each for each in all_versions(warehouse)}
    if version not in found:
        raise UnknownName("ranker", version, (*found, *BUILT_IN))
    return found[version]


def events(warehouse: Warehouse, version: str | None = None) -> list[Event]:
    """Return what happened, to one ranker or to all, the oldest first."""
    rows = warehouse.connection.execute(
        "SELECT version, noted_at, what, who, reason FROM ranker_events WHERE ? OR version = ? ORDER BY place",
        [version is None, version],
    ).fetchall()
    return [
        Event(str(name), _aware(at), str(what), str(who or ""), str(reason or ""))
        for name, at, what, who, reason in rows
    ]


def current(warehouse: Warehouse) -> str:
    """Return the version that answers."""
    return _line(events(warehouse))[-1]


def load(warehouse: Warehouse, version: str) -> Model:
    """Return a ranker's model; that of the heuristic has no trees.

    A learned one is read only when its document has the recorded checksum; otherwise its state becomes `refused`.

    Raises
    ------
    TamperedModel, MalformedModel
        When the document is not the one that was kept, or cannot be used.
    UnknownName
        When there is no such version.
    """
    if version == HEURISTIC:
        return Model(heuristic.VERSION)
    if version == PRETRAINED:
        return pretrained()
    known = registered(warehouse, version)
    try:
        return _read(warehouse, known)
    except (TamperedModel, MalformedModel) as error:
        if known.state != REFUSED:
            _refuse(warehouse, version, str(error))
        raise


def promote(warehouse: Warehouse, version: str, who: str, *, force: bool = False, reason: str = "") -> None:
    """Let a ranker answer from now on.

    Parameters
    ----------
    who
        Who decided so.
    force
        Also when no comparison says that it is not worse; needs a reason.
    reason
        Why; kept in the log.

    Raises
    ------
    InputError
        When it answers already, was not measured to be no worse than the current ranker and is not forced, or its
        document is damaged.
    """
    answering = current(warehouse)
    if force and not reason.split():
        raise InputError("promoting by force needs a reason", mend="say it with --reason")
    if version not in BUILT_IN:
        known = registered(warehouse, version)
        if not (known.compared_with(answering) or force):
            raise InputError(
                f"{version} was not measured to be at least as good as the current ranker, {answering}: {known.reason}",
                mend="wait for more labels, or give --force with --reason",
            )
        reason = reason or MEASURED
    try:
        load(warehouse, version)
    except (TamperedModel, MalformedModel) as error:
        raise InputError(f"{version} cannot be used: {error}", mend="train again: rca train --db FILE") from error
    if version == answering:
        raise InputError(f"{version} answers already", mend="rca rankers list shows the others")
    with warehouse.transaction():
        _make_current(warehouse, version, reason)
        _note(warehouse, version, PROMOTED, who, reason)


def rollback(warehouse: Warehouse, who: str, reason: str = "") -> str:
    """Return to the ranker that answered before, the last one that can still be read, and return its version.

    Raises
    ------
    InputError
        When the heuristic answers and none did before.
    """
    *before, answering = _line(events(warehouse))
    for version in (each for each in reversed(before) if each != answering):
        try:
            load(warehouse, version)
        except UNUSABLE:
            continue
        with warehouse.transaction():
            _make_current(warehouse, version, reason)
            _note(warehouse, version, ROLLED_BACK, who, reason)
        return version
    raise InputError("no ranker answered before the heuristic", mend="rca rankers list shows those there are")


def _registered(row: Mapping[str, Any]) -> Registered:
    """Return an entry as far as it can be read, and what is wrong with it."""
    needed = ("learned_at", "parent", "state", "sha256", "training_hash")
    damage = [f"it has no {name}" for name in needed if not row[name]]
    if row["parent"] and row["parent"] not in BUILT_IN:
        damage.append(f"its parent {row['parent']!r} is not known")
    if row["state"] and row["state"] not in get_args(State):
        damage.append(f"its state {row['state']!r} is not known")
    told: dict[str, Mapping[str, Any] | None] = {}
    for name in ("figures", "comparison"):
        try:
            told[name] = _mapping(row[name])
        except (ValueError, TypeError, RecursionError):
            damage.append(f"its {name} cannot be read")
    if not isinstance(row["incidents"], list):
        damage.append("it has no list of incidents")
    return Registered(
        version=str(row["version"]),
        at=_aware(row["learned_at"]),
        parent=str(row["parent"] or ""),
        state=row["state"] if row["state"] in get_args(State) else REFUSED,
        sha256=str(row["sha256"] or ""),
        reason=str(row["reason"] or ""),
        training_hash=str(row["training_hash"] or ""),
        incidents=tuple(map(str, row["incidents"] or ())),
        figures=told.get("figures") or {},
        comparison=told.get("comparison"),
        damage="; ".join(damage),
    )


def _mapping(text: str | None) -> Mapping[str, Any] | None:
    found = json.loads(text) if text else None
    if not isinstance(found, dict | None):
        raise TypeError("not an object")
    return found


def _line(log: Iterable[Event]) -> list[str]:
    """Return the versions that answered one after the other, the present one last."""
    line = [*BUILT_IN]
    for event in log:
        if event.what == PROMOTED:
            line += [event.version] if event.version != line[-1] else []
        elif event.what == ROLLED_BACK:
            line.pop()
            while len(line) > 1 and line[-1] != event.version:
                line.pop()
    return line


def _make_current(warehouse: Warehouse, version: str, reason: str) -> None:
    for each in all_versions(warehouse):
        if each.state == "current" and each.version != version:
            _set_state(warehouse, each.version, "retired", f"{version} answers since")
    _set_state(warehouse, version, "current", reason)


def _set_state(warehouse: Warehouse, version: str, state: State, reason: str) -> None:
    warehouse.connection.execute("UPDATE rankers SET state = ?, reason = ? WHERE version = ?", [state, reason, version])


def _refuse(warehouse: Warehouse, version: str, why: str) -> None:
    """Note that a ranker is damaged, where the database can be written to; it is refused either way."""
    with suppress(duckdb.Error), warehouse.transaction():
        _set_state(warehouse, version, "refused", why)
        _note(warehouse, version, REFUSED, "rca", why)


def _note(warehouse: Warehouse, version: str, what: str, who: str, reason: str) -> None:
    warehouse.connection.execute(
        "INSERT INTO ranker_events (version, noted_at, what, who, reason) VALUES (?, ?, ?, ?, ?)",
        [version, _naive(datetime.now(UTC)), what, who, reason],
    )


def _read(warehouse: Warehouse, known: Registered) -> Model:
    if known.damage:
        raise TamperedModel(f"its entry is damaged: {known.damage}")
    row = warehouse.connection.execute("SELECT document FROM rankers WHERE version = ?", [known.version]).fetchone()
    model = read_model(str(row[0] or "") if row else "", known.sha256)
    if model.version != known.version:
        raise TamperedModel(f"the model kept as {known.version} calls itself {model.version}")
    return model


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime | None) -> datetime:
    return (moment or datetime.fromtimestamp(0, UTC)).replace(tzinfo=UTC)
