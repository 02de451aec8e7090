"""Land the files of a bundle in the warehouse: validate, set bad values aside, never land the same file twice."""

from rca.ingest.report import IngestReport, SourceReport
from rca.ingest.run import ingest_bundle

__all__ = ["IngestReport", "SourceReport", "ingest_bundle"]
