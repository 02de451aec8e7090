"""What each column of a batch is: reserved, feature, segment, attribution, probability, or not used."""

from collections.abc import Collection
from dataclasses import dataclass

from rca.ingest.relation import Column
from schemas.system import ATTRIBUTION_PREFIX, PROBABILITY_PREFIX, RESERVED_COLUMNS, Node, System

RESERVED, FEATURE, SEGMENT, ATTRIBUTION, PROBABILITY = "reserved", "feature", "segment", "attribution", "probability"


@dataclass(frozen=True, slots=True)
class Roles:
    """How a model's columns are told apart."""

    node: Node
    declared_inputs: frozenset[str]

    @classmethod
    def of(cls, node: Node, system: System) -> "Roles":
        """Return the roles of a node; columns that an edge feeds into it are inputs too."""
        fed = {column for edge in system.edges if edge.target == node.id for column in edge.columns}
        return cls(node, frozenset(fed))

    def reserved(self, names: Collection[str]) -> dict[str, str]:
        """Return reserved name -> the batch's column for it.

        The declared name wins; a batch that lacks it but has the default name is read by that.
        """
        found: dict[str, str] = {}
        for reserved in RESERVED_COLUMNS:
            for name in (self.node.column(reserved), reserved):
                if name in names and name not in found.values():
                    found[reserved] = name
                    break
        return found

    def of_column(self, name: str) -> str | None:
        """Return the role of a column that is not reserved: beside declared features every other one is a segment.

        None for one that is called as what is reserved, beside the one that is declared in its place.
        """
        if name in self.node.segments:
            return SEGMENT
        if name in self.declared_inputs or (self.node.features is not None and name in self.node.features):
            return FEATURE
        if name.startswith(ATTRIBUTION_PREFIX):
            return ATTRIBUTION
        if name.startswith(PROBABILITY_PREFIX):
            return PROBABILITY
        if self.node.features is None:
            return FEATURE
        return None if name in RESERVED_COLUMNS else SEGMENT

    def split(self, columns: Collection[Column]) -> tuple[dict[str, Column], list[tuple[Column, str]]]:
        """Return the reserved columns by reserved name, and the others with their roles."""
        by_name = {column.name: column for column in columns}
        reserved = {key: by_name[name] for key, name in self.reserved(by_name).items()}
        taken = {column.name for column in reserved.values()}
        used = [
            (column, role) for column in columns if column.name not in taken and (role := self.of_column(column.name))
        ]
        return reserved, used
