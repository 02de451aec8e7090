"""What some rows have in common, in words: the columns, ranges and segments that set them apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from schemas.evidence import BoolArray, IntArray, ModelEvidence, Rows

MOST_TRAITS = 4
LIFTED = 2.0


@dataclass(frozen=True, slots=True)
class Trait:
    """One column of a cohort: `words` for a sentence, the `share` of the cohort that has it, and the `usual` share.

    `missing`: what the cohort has there is no value.
    """

    column: str
    words: str
    share: float
    usual: float
    missing: bool = False


def cohort(
    model: ModelEvidence, rows: Rows, chosen: IntArray, members: BoolArray, pull: Mapping[str, float]
) -> tuple[Trait, ...]:
    """Return what sets the window's members apart from the baseline, the strongest pull first, segments last.

    Parameters
    ----------
    chosen
        (M,) positions of the rows read.
    members
        (M,) rows of the cohort (those of the window are described).
    pull
        Key -> how much the column sets the cohort apart.
    """
    after = rows.after[chosen]
    ranked = sorted((key for key in pull if pull[key] > 0), key=lambda key: (-pull[key], key))[:MOST_TRAITS]
    segments = [s for s in model.node.segments if s in rows.bins and s in model.columns and s not in ranked]
    traits = (_trait(model, rows, key, chosen[after & members], chosen[~after]) for key in (*ranked, *segments))
    return tuple(t for t in traits if t is not None and (t.column not in segments or t.share > LIFTED * t.usual))


def _trait(model: ModelEvidence, rows: Rows, key: str, inside: IntArray, base: IntArray) -> Trait | None:
    profile, values = model.columns[key], rows.values.get(model.columns[key].column)
    if not len(inside) or not len(base):
        return None
    if profile.kind == "numeric" and values is not None and np.isfinite(values[inside]).mean() > 1 / 2:
        return _range(profile.column, values[inside], values[base])
    size = len(profile.roles)
    share, usual = (np.bincount(rows.bins[key][side], minlength=size) / len(side) for side in (inside, base))
    top = int(np.argmax(share - usual))
    words = f"{profile.column} = {profile.labels[top]} ({share[top]:.0%}, usually {usual[top]:.0%})"
    return Trait(profile.column, words, float(share[top]), float(usual[top]), profile.roles[top] == "null")


def _range(column: str, inside: np.ndarray, base: np.ndarray) -> Trait | None:
    inside, base = inside[np.isfinite(inside)], base[np.isfinite(base)]
    if not len(base):
        return None
    low, high = np.quantile(inside, [0.1, 0.9])
    usual_low, usual_high = np.quantile(base, [0.05, 0.95])
    share = float(((inside < usual_low) | (inside > usual_high)).mean())
    words = f"{column} in [{low:.4g}, {high:.4g}] (usually [{usual_low:.4g}, {usual_high:.4g}])"
    return Trait(column, words, share, float(((base < usual_low) | (base > usual_high)).mean()))
