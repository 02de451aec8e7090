"""A model's wide table: made as its columns become known, with one kept type per column."""

from dataclasses import dataclass

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.roles import RESERVED, Roles
from rca.ingest.sensitive import reduced_type
from rca.ingest.session import Session
from rca.ingest.types import INTEGERS, NOTHING, kept_type, kind_of
from rca.warehouse.store import quote

TARGETS = ("prediction", "label")
TIMES = ("ts", "label_ts")
FIXED = ("_file", "_row", "ts", "request_id", "trace_id", "model_version", "query_id", "split", *TARGETS, "label_ts")


@dataclass(slots=True)
class Kept:
    """One column of the wide table: its name there, its role, and the type kept."""

    physical: str
    role: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """A model's wide table. `columns` maps a column's name in the files to what is kept of it."""

    node: str
    name: str
    task: str
    columns: dict[str, Kept]

    @property
    def target_type(self) -> str:
        """Return the type of prediction and label."""
        return "VARCHAR" if self.task == "multiclass" else "DOUBLE"


def reserved_type(reserved: str, target_type: str) -> str:
    """Return the type of a fixed column of the wide table."""
    if reserved in TARGETS:
        return target_type
    return "TIMESTAMP" if reserved in TIMES else "VARCHAR"


def open_table(session: Session, node: str, task: str) -> Table:
    """Return a model's table, made when it is not there yet. A table's task stays what it was first."""
    row = session.run("SELECT table_name, task FROM prediction_tables WHERE node = ?", [node]).fetchone()
    if row is None:
        number = session.scalar("SELECT count(*) + 1 FROM prediction_tables")
        table = Table(node, f"predictions_{number}", task, {})
        types = ["INTEGER", "BIGINT", *(reserved_type(name, table.target_type) for name in FIXED[2:])]
        fixed = ", ".join(f"{name} {type_}" for name, type_ in zip(FIXED, types, strict=True))
        session.run(f"CREATE TABLE {table.name} ({fixed})")
        session.run("INSERT INTO prediction_tables VALUES (?, ?, ?)", [node, table.name, task])
        return table
    name, kept_task = row
    if task != kept_task and "multiclass" not in (task, kept_task):
        session.run("UPDATE prediction_tables SET task = ? WHERE node = ?", [task, node])
        kept_task = task
    elif task != kept_task:
        session.tally.warn(f"{node}: its log was kept as {kept_task}; ingest into a new database to read it as {task}")
    known = session.run(
        "SELECT column_name, physical, role, type FROM prediction_columns WHERE node = ?", [node]
    ).fetchall()
    return Table(node, name, kept_task, {column: Kept(*kept) for column, *kept in known})


def extend_table(session: Session, table: Table, roles: Roles, groups: list[Group]) -> None:
    """Add the columns that are new in these batches, and widen those whose kept type is too narrow."""
    observed: dict[str, list[tuple[Group, str]]] = {}
    used_roles: dict[str, str] = {}
    added: dict[str, Kept] = {}
    for group in groups:
        reserved, used = roles.split(group.relation.columns)
        for key, column in reserved.items():
            if column.name not in table.columns:
                added[column.name] = Kept(key, RESERVED, reserved_type(key, table.target_type))
        for column, role in used:
            observed.setdefault(column.name, []).append((group, column.observed))
            used_roles[column.name] = role
    names = _Names({kept.physical for kept in table.columns.values()})
    for name, seen in observed.items():
        kept = table.columns.get(name, added.get(name))
        if kept is None:
            type_ = _choose(session, name, seen)
            hidden = name in roles.node.sensitive
            added[name] = Kept(names.free(name), used_roles[name], reduced_type(type_) if hidden else type_)
        elif kept.role != RESERVED:
            _widen(session, table, name, seen, hidden=name in roles.node.sensitive)
            _change_role(session, table, name, used_roles[name])
    _add_columns(session, table, added)


def _change_role(session: Session, table: Table, name: str, role: str) -> None:
    """Follow a system.yaml that now calls a feature a segment, or the other way round."""
    if table.columns[name].role != role:
        table.columns[name].role = role
        session.run(
            "UPDATE prediction_columns SET role = ? WHERE node = ? AND column_name = ?", [role, table.node, name]
        )


def _add_columns(session: Session, table: Table, added: dict[str, Kept]) -> None:
    fresh = [kept for kept in added.values() if kept.role != RESERVED]
    if fresh and not session.scalar(f"SELECT EXISTS (FROM {table.name})"):
        # thousands of columns added one by one take seconds
        empty = ", ".join(f"CAST(NULL AS {kept.type}) AS {quote(kept.physical)}" for kept in fresh)
        session.run(f"CREATE OR REPLACE TABLE {table.name} AS SELECT *, {empty} FROM {table.name}")
    else:
        for kept in fresh:
            session.run(f"ALTER TABLE {table.name} ADD COLUMN {quote(kept.physical)} {kept.type}")
    if added:
        parts = zip(*((name, k.physical, k.role, kind_of(k.type), k.type) for name, k in added.items()), strict=True)
        session.run(
            "INSERT INTO prediction_columns SELECT ?, " + ", ".join("unnest(?::VARCHAR[])" for _ in range(5)),
            [table.node, *(list(part) for part in parts)],
        )
    table.columns.update(added)


def _choose(session: Session, name: str, seen: list[tuple[Group, str]]) -> str:
    """Return the kept type: of the kind in most rows; batches where the column is all null have no say."""
    told = [(group, type_) for group, type_ in seen if type_ != NOTHING]
    if len({kind_of(type_) for _, type_ in told}) > 1:
        told = [(group, type_) for group, type_ in told if _has_values(session, group, name)] or told
    if not told:
        return "VARCHAR"
    votes: dict[str, int] = {}
    for group, type_ in told:
        votes[kind_of(type_)] = votes.get(kind_of(type_), 0) + group.rows
    winner = max(votes, key=lambda kind: votes[kind])
    kept = kept_type([type_ for _, type_ in told if kind_of(type_) == winner])
    return "DOUBLE" if kept == "BIGINT" and _needs_fractions(type_ for _, type_ in told) else kept


def _needs_fractions(types: object) -> bool:
    """Return whether some batch may hold fractions: numbers as text count, as '12.5' must not become 12."""
    return not set(types) <= INTEGERS | {"BOOLEAN", NOTHING}  # type: ignore[call-overload]


def _has_values(session: Session, group: Group, name: str) -> bool:
    column = group.relation.find(name)
    return bool(column and session.scalar(f"SELECT count({column.ref}) > 0 FROM {group.relation.sql}"))


def _widen(session: Session, table: Table, name: str, seen: list[tuple[Group, str]], *, hidden: bool) -> None:
    kept = table.columns[name]
    types = [type_ for _, type_ in seen if type_ != NOTHING]
    wanted = kept.type
    if any(kind_of(type_) != kind_of(kept.type) for type_ in types):
        column = quote(kept.physical)
        if not session.scalar(f"SELECT count({column}) > 0 FROM {table.name}"):
            wanted = _choose(session, name, seen)
    if wanted == kept.type == "BIGINT" and _needs_fractions(types):
        wanted = "DOUBLE"
    if wanted == kept.type == "FLOAT[]" and not all(type_.startswith("FLOAT[") for type_ in types):
        wanted = "DOUBLE[]"
    wanted = reduced_type(wanted) if hidden else wanted
    if wanted == kept.type:
        return
    kept.type = wanted
    session.run(
        f"ALTER TABLE {table.name} ALTER COLUMN {quote(kept.physical)} TYPE {wanted} "
        f"USING CAST({quote(kept.physical)} AS {wanted})"
    )
    session.run(
        "UPDATE prediction_columns SET type = ?, kind = ? WHERE node = ? AND column_name = ?",
        [wanted, kind_of(wanted), table.node, name],
    )


class _Names:
    """Names free in the wide table, where letters' case does not tell columns apart."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = {name.casefold() for name in (*taken, *FIXED)}

    def free(self, name: str) -> str:
        """Return the name itself, or with the first number that makes it unique."""
        wanted, tries = name or "unnamed", 1
        while wanted.casefold() in self._taken:
            tries += 1
            wanted = f"{name or 'unnamed'}__{tries}"
        self._taken.add(wanted.casefold())
        return wanted
