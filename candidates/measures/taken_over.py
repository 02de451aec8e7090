"""One known value that took over a column though the outcomes deny it: a default, however valid it looks."""

import numpy as np

from candidates.measures.distances import shares
from candidates.measures.signatures import Signature
from schemas.evidence import ColumnProfile, Rows

TAKEN, MOST_OF = 0.1, 0.7
"""Rise of one value's share, at least, and as a part of all that the column gained, from which it took over."""
FEWEST = 20
"""Fewer values on a side say nothing of their shares."""


def taken_over(profile: ColumnProfile, rows: Rows | None) -> Signature | None:
    """Return the sign of one known value that took most of what a column gained; of a number an exact one.

    To be asked where the outcomes stayed (`followed`): where they went along, more rows really have that value.
    """
    p, q = shares(profile.before), shares(profile.after)
    values = rows.values.get(profile.column) if rows is not None and not profile.part else None
    if rows is not None and values is not None:
        old, new = (values[np.isfinite(values) & side] for side in (~rows.after, rows.after))
        if min(len(old), len(new)) < FEWEST:
            return None
        distinct, counts = np.unique(new, return_counts=True)
        value = distinct[int(counts.argmax())]
        name, was, now = f"{value:g}", float(np.mean(old == value)), float(counts.max() / len(new))
    else:
        top = int((q - p).argmax())
        name, was, now = profile.labels[top], float(p[top]), float(q[top])
        if profile.roles[top] != "category":
            return None
    if now - was < max(TAKEN, MOST_OF * float(np.abs(q - p).sum()) / 2):
        return None
    words = f"{name} rose from {was:.1%} to {now:.1%} of the values, and the outcomes did not go with it"
    return Signature("default_value", 0.9, now - was, words)
