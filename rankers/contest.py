"""Whether another ranker may replace the current one: a test that holds whenever one looks, and no account decides.

What is tested is that the current ranker, calibrated anew on the labels that a challenger learned from, holds the right
probabilities. Each later incident then multiplies a stake by how much more probable the challenger held the right
answer. If the current ranker is right, the stake is expected not to grow, and reaches 20 times its beginning with a
chance of at most 1 in 20, however often one looks and whenever one stops: it is an e-value, here the prequential
likelihood ratio (Grünwald, de Heide and Koolen 2024, "Safe testing"; Ramdas, Grünwald, Vovk and Shafer 2023,
"Game-theoretic statistics and safe anytime-valid inference"). Calibrating first keeps a challenger from winning by
being less sure, which is all that wrong labels teach.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import comb, exp, log

import numpy as np
from numpy.typing import NDArray

from rankers.labelled import Labelled
from rankers.model import Model
from rankers.quality import Figures, Outcome, outcome_of, summed
from rankers.supervised import corrections, probabilities

Numbers = NDArray[np.float64]

ENOUGH = 20.0
"""E-value from which a challenger is believed to be better."""

HEDGED = 0.05
"""Share of the stake that is not bet: one incident can cost a challenger nearly all of it, and never all."""

LEAST = 0.01
"""Probability that the current ranker is granted at least: one incident multiplies the stake by 100 at most."""

OTHERS = 3
"""So many incidents labelled by others make an account one of several, that cannot decide alone."""

FAMILY_JUDGED = 8
"""Incidents of a family from which it is looked at by itself."""

SIGNIFICANT = 0.05
BELIEVED = 0.5
"""Weight of the labels that count where a family is looked at."""

MOST = 1e12
"""Largest e-value that is told."""

Accounts = frozenset[str]
NOBODY: Accounts = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    """One incident as the current ranker and a challenger ranked it.

    Parameters
    ----------
    growth
        Logarithm of what it multiplies the stake by; see `growth_of`.
    weight
        How far its label is believed, [0, 1], whatever other labels weigh.
    accounts
        Who says so.
    """

    before: Outcome
    after: Outcome
    growth: float
    weight: float
    accounts: Accounts


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankers on the same incidents.

    Parameters
    ----------
    current, challenger
        Their rates.
    not_worse
        Whether nothing speaks against the challenger.
    better
        Whether it is not worse, and the e-value is enough.
    e_value
        Against the challenger being no better, by whichever account's absence speaks most against it.
    reason
        In words.
    """

    current: Figures
    challenger: Figures
    not_worse: bool
    better: bool
    e_value: float
    reason: str


def growth_of(current: float, challenger: float, weight: float) -> float:
    """Return by how much the logarithm of the stake grows: a label that is believed less counts less.

    Parameters
    ----------
    current, challenger
        Probabilities that they held of the right answer, each of a distribution over all answers.
    """
    return weight * log((1.0 - HEDGED) * challenger / max(current, LEAST) + HEDGED)


def chance(each: Labelled, p: Numbers, none: float) -> float:
    """Return the probability of the right answer, as a share of that of all answers."""
    right = p[each.right].sum() if each.right.any() else none
    return float(right / max(p.sum() + none, LEAST))


def pairs_of(
    current: Model, challenger: Model, incidents: Sequence[Labelled], calibrated: Model | None = None
) -> list[Pair]:
    """Return how both do on each incident whose right answer is told.

    Parameters
    ----------
    calibrated
        The current ranker, calibrated anew; None: as it is.
    """
    return [
        paired(each, answer(current, each), answer(challenger, each), answer(calibrated or current, each))
        for each in incidents
        if each.told
    ]


Answer = tuple[Numbers, float]
"""(K,) probabilities of the causes, and that of none of them."""


def answer(model: Model, each: Labelled) -> Answer:
    """Return what a ranker holds of an incident."""
    return probabilities(each.slate, corrections(model, each.slate), model.sharpness, model.none_shift)


def paired(each: Labelled, current: Answer, challenger: Answer, calibrated: Answer) -> Pair:
    """Return how answers do by an incident's label."""
    growth = growth_of(chance(each, *calibrated), chance(each, *challenger), each.trust)
    both = (outcome_of(each, *current), outcome_of(each, *challenger))
    return Pair(*both, growth, each.trust, frozenset(each.accounts))


def compare(
    current: Model, challenger: Model, incidents: Sequence[Labelled], calibrated: Model | None = None
) -> Comparison:
    """Return whether a challenger is better on incidents that neither learned from; see `pairs_of` and `judge`."""
    said = [frozenset(each.accounts) for each in incidents]
    return judge(pairs_of(current, challenger, incidents, calibrated), said)


def judge(pairs: Sequence[Pair], said: Sequence[Accounts]) -> Comparison:
    """Return whether a challenger may replace the current ranker.

    It may when the e-value is enough, its log loss is not larger, it puts no fewer first (and first three) answers
    right over all, and not significantly fewer in any family. The e-value must be enough without the labels of any one
    account; and one account's labels are not enough to speak against a challenger.

    Parameters
    ----------
    pairs
        Incidents that neither ranker learned from.
    said
        Who labelled each of all incidents, those of the pairs included.
    """
    before, after = (summed([each.before for each in pairs]), summed([each.after for each in pairs]))
    if not pairs:
        return Comparison(before, after, False, False, 1.0, "no labelled incident is left to compare on")
    absent = _one_of_several(pairs, said)
    against = [*_larger_loss(pairs, absent), *_more_wrong(pairs, absent), *_wrong_in_families(pairs, absent)]
    grown, without = _evidence(pairs, absent)
    e_value = min(MOST, exp(min(grown, log(MOST))))
    better = e_value >= ENOUGH and not against
    told = f"log loss {before.log_loss:.3f} -> {after.log_loss:.3f}, e-value {e_value:.2g}"
    if e_value < ENOUGH:
        told += f" of the {ENOUGH:.0f} that are needed" + (f", without the labels of {without}" if without else "")
    return Comparison(before, after, not against, better, e_value, "; ".join(against) or told)


def _one_of_several(pairs: Sequence[Pair], said: Sequence[Accounts]) -> list[str]:
    """Return the accounts without which a decision must stand: those beside whom others labelled, too."""
    every = sorted(frozenset().union(*(each.accounts for each in pairs)))
    return [who for who in every if sum(bool(each - {who}) for each in said) >= OTHERS]


def _without(pairs: Sequence[Pair], absent: Collection[str]) -> list[Pair]:
    """Return the pairs whose label stands without some accounts."""
    return [each for each in pairs if not each.accounts or each.accounts - set(absent)]


def _evidence(pairs: Sequence[Pair], absent: Sequence[str]) -> tuple[float, str]:
    """Return the log e-value without whoever raises it most, and who that is ('' where one account is all there is)."""
    if not absent:
        return _unspoilt(pairs), ""
    return min((_unspoilt(_without(pairs, [who])), who) for who in absent)


def _unspoilt(pairs: Sequence[Pair]) -> float:
    """Return the log e-value that no single account can bring to nothing.

    Half of the stake is on all labels, the rest in equal parts on those that are left without each account: a mean of
    e-values is one (Vovk and Wang 2021, "E-values: calibration, combination and applications").
    """
    whole = sum(each.growth for each in pairs)
    names = sorted(frozenset().union(*(each.accounts for each in pairs)))
    if len(names) < 2:  # noqa: PLR2004 - nobody else
        return whole
    parts = [sum(each.growth for each in _without(pairs, [who])) for who in names]
    return float(np.logaddexp(whole, np.logaddexp.reduce(parts) - log(len(parts))) - log(2))


Net = Callable[[Sequence[Pair]], float]


def _stands(net: Net, pairs: Sequence[Pair], absent: Sequence[str]) -> bool:
    """Return whether a balance is against the challenger by the labels of two accounts, and without any one not for it.

    Where one account is all there is, its own are enough.
    """
    if net(pairs) >= 0 or any(net(_without(pairs, [who])) > 0 for who in absent):
        return False
    return not absent or sum(net([each for each in pairs if who in each.accounts]) < 0 for who in absent) > 1


def _larger_loss(pairs: Sequence[Pair], absent: Sequence[str]) -> list[str]:
    def net(some: Sequence[Pair]) -> float:
        return sum(each.weight * (each.before.log_loss - each.after.log_loss) for each in some)

    if not _stands(net, pairs, absent):
        return []
    weight = sum(each.weight for each in pairs)
    was = sum(each.weight * each.before.log_loss for each in pairs) / weight
    return [f"its log loss is {was - net(pairs) / weight:.3f}, the current one's {was:.3f}"]


def _changes(pairs: Sequence[Pair], what: str) -> tuple[int, int]:
    """Return how many answers turned right, and how many wrong."""
    both = [(getattr(each.before, what), getattr(each.after, what)) for each in pairs]
    return sum(new and not old for old, new in both), sum(old and not new for old, new in both)


RATES = (("first", "first"), ("first three", "third"))


def _balance(what: str) -> Net:
    """Return what counts the answers that turned right, less those that turned wrong, as far as they are believed."""

    def net(some: Sequence[Pair]) -> float:
        return float(sum(each.weight * (getattr(each.after, what) - getattr(each.before, what)) for each in some))

    return net


def _more_wrong(pairs: Sequence[Pair], absent: Sequence[str]) -> list[str]:
    found = []
    for said, what in RATES:
        if _stands(_balance(what), pairs, absent):
            gained, lost = _changes(pairs, what)
            found.append(f"{lost} {said} answers turned wrong and {gained} right")
    return found


def _wrong_in_families(pairs: Sequence[Pair], absent: Sequence[str]) -> list[str]:
    found = []
    for family in sorted({each.before.family for each in pairs if each.before.family}):
        own = [each for each in pairs if each.before.family == family and each.weight >= BELIEVED]
        if len(own) < FAMILY_JUDGED:
            continue
        for said, what in RATES:
            gained, lost = _changes(own, what)
            p = sign_test(gained, lost)
            if p < SIGNIFICANT and _stands(_balance(what), own, absent):
                found.append(f"{lost} {said} answers of {family} turned wrong and {gained} right (p = {p:.2g})")
    return found


def sign_test(better: int, worse: int) -> float:
    """Return the one-sided p-value of so many more changes for the worse than for the better (exact McNemar)."""
    total = better + worse
    return sum(comb(total, k) for k in range(worse, total + 1)) / 2**total if total else 1.0
