"""Columns of which histograms show no value known before: dropped, renamed, or every value written otherwise.

No row is left to say how those with the old values fare now. What the other columns leave unexplained is theirs as far
as they mattered: as far as the mean loss (or answer) of the baseline differed between their bins beyond chance.
"""

import math
from collections.abc import Mapping

import numpy as np

from candidates.measures.distances import shares
from candidates.measures.histograms import SEEN, has_losses, loss_shares
from schemas.evidence import ColumnProfile

USUAL, KNOWN = 0.5, 0.4
"""Share of the baseline's rows that had values, for a column to be missed; part of it below which it counts as gone:
the first hours are often counted with those before the onset."""
HARDLY = 0.25
"""What a column must matter, to explain half of what is left, where the one that matters most is 1."""


def _is_gone(profile: ColumnProfile, before: float, after: float) -> bool:
    """Return whether a column holds few of its values since, for the rows of each side."""
    known = (shares(profile.before) > SEEN) & np.isin(profile.roles, ("range", "category"))
    was = float(profile.before[known].sum()) / max(before, 1.0)
    return was >= USUAL and float(profile.after[known].sum()) < KNOWN * was * after


def gone_shares(profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """Return key -> share of the change of the mean loss, [0, 1], laid to each column that is gone.

    Parameters
    ----------
    profiles
        Those of one model, with losses.
    """
    before, after = (
        max((float(counts.sum()) for counts in side), default=0.0)
        for side in ([p.before for p in profiles.values()], [p.after for p in profiles.values()])
    )
    gone = [key for key, profile in sorted(profiles.items()) if _is_gone(profile, before, after)]
    if not gone:
        return {}
    matters = _matter(profiles)
    told = (loss_shares(profile) for key, profile in profiles.items() if key not in gone and has_losses(profile))
    taken = max((mix + drop for mix, drop in told), default=0.0)
    if math.isnan(taken):
        return {}
    left = min(max(1.0 - taken, 0.0), 1.0)
    whole = sum(matters.get(key, 0.0) for key in gone) + HARDLY
    return {key: left * matters.get(key, 0.0) / whole for key in gone}


def _matter(profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """Return key -> how far the mean loss differs between a column's bins, as a share of the most that any does."""
    spread, freedom = {}, {}
    for key, profile in profiles.items():
        n = profile.labelled_before
        used = n > 0
        if used.sum() > 1:
            mean = profile.loss_before[used] / n[used]
            centre = profile.loss_before.sum() / n.sum()
            spread[key], freedom[key] = float((n[used] * (mean - centre) ** 2).sum()), int(used.sum()) - 1
    # the least of all says what chance makes: few columns of a model are without any that hardly matters
    chance = min((spread[key] / freedom[key] for key in spread), default=0.0)
    beyond = {key: max(spread[key] - chance * freedom[key], 0.0) for key in spread}
    most = max(beyond.values(), default=0.0)
    return {key: value / most for key, value in beyond.items()} if most > 0 else {}
