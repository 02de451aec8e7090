"""What reviewers said of the answers: the log of it, what of it is settled, and what it is worth."""

from rca.review.analyses import all_proposed, keep_analysis, kept_analysis, kept_proposed
from rca.review.feedback import adjudicate, history, read_feedback, record, undo
from rca.review.labels import Label, SettledIncident, resolve, settled
from rca.review.similar import Finding, Similar, similar_incidents
from rca.review.trust import label_weights, reviewer_trust

__all__ = [
    "Finding",
    "Label",
    "SettledIncident",
    "Similar",
    "adjudicate",
    "all_proposed",
    "history",
    "keep_analysis",
    "kept_analysis",
    "kept_proposed",
    "label_weights",
    "read_feedback",
    "record",
    "resolve",
    "reviewer_trust",
    "settled",
    "similar_incidents",
    "undo",
]
