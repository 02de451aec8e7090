"""What reviewers said of the answers: the log of it, what of it is settled, and what it is worth."""

from rca.review.analyses import all_proposed, keep_analysis, kept_analysis, kept_proposed, known_incidents
from rca.review.exploration import Listing, listing
from rca.review.feedback import adjudicate, history, known_nodes, read_feedback, record, undo
from rca.review.labels import Label, SettledIncident, resolve, settled
from rca.review.naming import listed_cause, missing_cause, spelled
from rca.review.similar import Finding, Similar, similar_incidents
from rca.review.states import record_states
from rca.review.trust import label_weights, reviewer_trust

__all__ = [
    "Finding",
    "Label",
    "Listing",
    "SettledIncident",
    "Similar",
    "adjudicate",
    "all_proposed",
    "history",
    "keep_analysis",
    "kept_analysis",
    "kept_proposed",
    "known_incidents",
    "known_nodes",
    "label_weights",
    "listed_cause",
    "listing",
    "missing_cause",
    "read_feedback",
    "record",
    "record_states",
    "resolve",
    "reviewer_trust",
    "settled",
    "similar_incidents",
    "spelled",
    "undo",
]
