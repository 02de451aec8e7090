"""Land the prediction logs: one wide table per model, one batch per file, each with its own schema."""

from rca.ingest.predictions.source import ingest_predictions, land_predictions

__all__ = ["ingest_predictions", "land_predictions"]
