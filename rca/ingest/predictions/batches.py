"""A model's new batches, grouped by identical schema so that many small files cost one statement."""

from dataclasses import dataclass
from pathlib import Path

from rca.ingest.files import SourceFile, format_of
from rca.ingest.relation import ParquetSchema, Relation, open_file, parquet_schemas, read_parquet
from rca.ingest.session import Session, Unreadable


@dataclass(frozen=True, slots=True)
class Group:
    """Batches of one schema, in the order of the relation's `file_index`."""

    files: tuple[SourceFile, ...]
    relation: Relation

    @property
    def rows(self) -> int:
        """Return the number of rows that the reader found."""
        return sum(self.relation.rows)


def read_groups(session: Session, files: list[SourceFile], node: str) -> list[Group]:
    """Open the batches; those that cannot be read are set aside whole."""
    empty = [file for file in files if file.path.stat().st_size == 0]
    for file in empty:
        session.reject_file(file, "predictions", node, "is empty (zero bytes); write it again or remove it")
    files = [file for file in files if file not in empty]
    parquet = [file for file in files if format_of(file.path) == "parquet"]
    groups = _parquet_groups(session, parquet, node)
    for file in files:
        if format_of(file.path) != "parquet":
            try:
                groups.append(Group((file,), open_file(session, file.path)))
            except Unreadable as error:
                session.reject_file(file, "predictions", node, str(error))
    return sorted(groups, key=lambda group: group.files[0].name)


def _parquet_groups(session: Session, files: list[SourceFile], node: str) -> list[Group]:
    schemas = parquet_schemas(session, [file.path for file in files])
    alike: dict[tuple[tuple[str, str], ...], list[SourceFile]] = {}
    readable: dict[Path, ParquetSchema] = {}
    for file in files:
        schema = schemas[file.path]
        if isinstance(schema, Unreadable):
            session.reject_file(file, "predictions", node, str(schema))
        else:
            alike.setdefault(schema.columns, []).append(file)
            readable[file.path] = schema
    return [parquet_group(tuple(members), readable) for members in alike.values()]


def parquet_group(files: tuple[SourceFile, ...], schemas: dict[Path, ParquetSchema]) -> Group:
    """Return Parquet batches of one schema as a group."""
    paths = [file.path for file in files]
    return Group(files, read_parquet(paths, schemas[paths[0]], [schemas[path].rows for path in paths]))
