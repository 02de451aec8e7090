"""What a label is worth: how far its reviewers are trusted, and that no account outweighs the rest.

Trust is the posterior mean of the rate at which an account agrees with what was settled by others, under a Beta(2, 0)
prior (Gelman et al., Bayesian Data Analysis, 3rd edition, section 2.4): a newcomer is believed, and each judged label
moves the account less than the one before.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from rca.review.alike import look_alike
from rca.review.labels import Label, SettledIncident
from schemas.feedback import CauseKey

PRIOR_AGREED = 2.0
"""Judged labels, all agreed, that every account starts with."""

CAP = 0.2
"""Largest share of all labels' weight that comes from one account."""

ESTABLISHED = 10.0
"""Weight of labels from which an account counts among those that the cap is held against."""

ACCEPTED = 0.5
"""Weight of a label by accepting the first cause at once, beside 1 for a considered one."""

LabelKey = tuple[str, CauseKey | None]
"""(incident, cause); cause None: no fault."""


def reviewer_trust(incidents: Iterable[SettledIncident]) -> dict[str, float]:
    """Return account -> trust in (0, 1]: (agreed + 2) / (judged + 2).

    Judged are an account's verdicts on what an adjudication or the gold set settled, by the word of another: whether
    """
    agreed: dict[str, int] = {}
    judged: dict[str, int] = {}
    named: set[str] = set()
    for incident in incidents:
        for label in (each for each in incident.labels if each.ruled_by):
            for who in {*label.reviewers, *label.dissenting} - set(label.ruled_by):
                person = look_alike(who)
                judged[person] = judged.get(person, 0) + 1
                agreed[person] = agreed.get(person, 0) + (who in label.reviewers)
        for label in (*incident.labels, *incident.disputed):
            named.update(label.reviewers, label.dissenting)
    people = {who: look_alike(who) for who in sorted(named)}
    return {
        who: (agreed.get(person, 0) + PRIOR_AGREED) / (judged.get(person, 0) + PRIOR_AGREED)
        for who, person in people.items()
    }


def label_weights(
    incidents: Sequence[SettledIncident], trusted: Mapping[str, float], *, cap: float = CAP, accepted: float = ACCEPTED
) -> dict[LabelKey, float]:
    """Return the weight of each settled label, in [0, 1]; the gold set has none, for it never trains.

    A label weighs as much as the weightiest of its reviewers does by itself: as far as they are trusted, and less when
    they merely accepted the first cause. They share it in proportion, so that nobody's word weighs more for what others
    did. Then each account's part of all labels is cut to `cap` of the total; names that look alike are cut as one
    account.

    Parameters
    ----------
    trusted
        Account -> trust, as of `reviewer_trust`; an account that is not in it is trusted in full.
    cap
        Largest share of the total from one account. Where fewer than 1 / cap accounts gave labels worth `ESTABLISHED`,
        the missing ones are thought of as each giving as much as the largest account, so that a site of one person
        trains with all of its labels.
    accepted
        Weight of a label by accepting the first cause at once.
    """
    parts: dict[LabelKey, dict[str, float]] = {}
    for incident in incidents:
        for label in () if incident.gold else incident.labels:
            parts[incident.incident, label.cause] = _parts(label, trusted, accepted)
    given: dict[str, float] = {}
    for part in parts.values():
        for who, weight in part.items():
            given[look_alike(who)] = given.get(look_alike(who), 0.0) + weight
    most = largest_part(list(given.values()), cap)
    kept = {who: min(1.0, most / weight) if weight else 1.0 for who, weight in given.items()}
    return {
        key: math.fsum(weight * kept[look_alike(who)] for who, weight in part.items()) for key, part in parts.items()
    }


def largest_part(given: Sequence[float], cap: float) -> float:
    """Return the most that one account may give, so that none gives over `cap` of what all give after the cut."""
    ordered = sorted(given, reverse=True)
    established = sum(weight >= ESTABLISHED for weight in ordered)
    imagined = max(0, math.ceil(1.0 / cap) - established) * max(ordered, default=0.0)
    for cut, largest in enumerate(ordered):
        rest = math.fsum(ordered[cut:]) + imagined
        most = cap * rest / (1.0 - cap * cut) if cap * cut < 1.0 else ordered[cut - 1]
        if largest <= most or cap * cut >= 1.0:
            return most
    return math.inf


def label_value(label: Label, trusted: Mapping[str, float], accepted: float = ACCEPTED) -> float:
    """Return what a label is worth by itself, in [0, 1]: as much as the weightiest of its reviewers."""
    return max(_values(label, trusted, accepted).values(), default=0.0)


def _values(label: Label, trusted: Mapping[str, float], accepted: float) -> dict[str, float]:
    """Return account -> what a label of its own is worth."""
    return {who: trusted.get(who, 1.0) * (accepted if who in label.hasty else 1.0) for who in label.reviewers}


def _parts(label: Label, trusted: Mapping[str, float], accepted: float) -> dict[str, float]:
    """Return account -> its part of a label's weight."""
    values = _values(label, trusted, accepted)
    total = math.fsum(values.values())
    if not total:
        return dict.fromkeys(values, 0.0)
    return {who: max(values.values()) * value / total for who, value in values.items()}
