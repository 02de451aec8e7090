"""Where the profile's SQL runs when the rows stay where they are: in DuckDB over files, or on a Spark cluster."""

from rca.profile.engines.engine import Engine, open_engine

__all__ = ["Engine", "open_engine"]
