"""Short reviews: an embedding, then their sentiment or their topic; and a classifier fine-tuned step by step."""

import numpy as np

from benchmarks.incidents.models.embedder import fit_embedder
from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.models.sequential import fit_sequential
from benchmarks.incidents.tables.system import banded, system, table
from rca.demo.domain import Columns, ModelSpec

COUNTS = ("words", "letters", "exclamations")


def load_reviews() -> Columns:
    """Return the reviews with some counts of their own; `praise` is the label as 0 and 1."""
    columns = table("reviews")
    texts = columns["text"]
    columns["praise"] = columns.pop("label")
    columns["opinion"] = np.where(columns["praise"] == 1, "praise", "blame").astype(object)
    columns["words"] = np.array([float(len(text.split())) for text in texts])
    columns["letters"] = np.array([float(len(text)) for text in texts])
    columns["exclamations"] = np.array([float(text.count("!")) for text in texts])
    columns["length"] = banded(columns["words"], (7, 15), ("short", "medium", "long"))
    return columns


SOURCES = {"review-feed": (*COUNTS, "domain", "opinion", "length")}
EMBEDDER = ModelSpec(
    "review-embedder", "embedding", "praise", ("text", "words"), "language-ml", "embedding", learner=fit_embedder
)

TEXT = system(
    "text",
    load_reviews,
    SOURCES,
    (EMBEDDER, ModelSpec("sentiment", "binary", "praise", ("embedding", *COUNTS), "opinion-ml")),
    segments=("domain", "length"),
    hidden=("text",),
)

TEXT_TOPIC = system(
    "text-topic",
    load_reviews,
    SOURCES,
    (
        EMBEDDER,
        ModelSpec("topic", "multiclass", "domain", ("embedding", *COUNTS), "catalogue-ml", learner=fit_linear),
    ),
    segments=("opinion", "length"),
    hidden=("text",),
)

TEXT_TUNED = system(
    "text-tuned",
    load_reviews,
    SOURCES,
    (ModelSpec("tuned-sentiment", "binary", "praise", ("text", *COUNTS), "opinion-ml", learner=fit_sequential),),
    segments=("domain", "length"),
    hidden=("text",),
)
