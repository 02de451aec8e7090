"""Ready-made feature histograms (filled in below)."""

from rca.ingest.session import Session


def ingest_histograms(session: Session) -> None:
    """Land all new histogram files."""
