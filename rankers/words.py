"""What moved a cause's score, in words."""

WORDS = {
    "share": "the share of the symptom that it explains",
    "strength": "how far it left its normal range",
    "specificity": "how unmistakable its signature is",
    "timing": "how its onset fits the symptom's",
    "blame": "what causes upstream explain of it",
    "coincident_change": "a fitting change near its onset",
    "whole_node": "that it is laid on the whole node, not a part of it",
    "onset_known": "whether its onset is known",
    "lead": "its lead over the other causes",
    "lead_of_place": "its lead over other readings of the same anomaly",
    "lead_of_family": "its lead over others of its family",
    "share_behind": "how much less than the largest share it explains",
    "of_its_family": "how many causes of its family there are",
    "candidates": "how many causes were proposed",
    "doubt": "how doubtful the symptom itself is",
    "prior": "how common such causes are",
    "importance": "how much the model relies on the column",
    "divergence": "how far the column's distribution moved",
    "relation_loss": "what the column's relation to the others lost",
    "seen_in_requests": "that the fault shows in the requests complained of",
}
"""Column -> what it tells; families' own columns without words are told by their name."""

TWINS = {"raw_strength": "strength", "raw_specificity": "specificity", "alignment": "timing"}
"""Columns that tell the same as another before a small share discounts it: what both did is told once."""

SLIGHT = 0.05
"""Log-odds below which nothing is worth telling."""


def said(name: str, value: float, by: float) -> str:
    """Return what one column did to a score, as `explains ... (0.67): +3.4`.

    Parameters
    ----------
    value
        The column's number; NaN where the cause has none.
    by
        Log-odds added to the score.
    """
    told = "not known" if value != value else f"{value:.2f}"  # noqa: PLR0124 - NaN is not itself
    return f"{WORDS.get(name, name.replace('_', ' '))} ({told}): {by:+.1f}"
