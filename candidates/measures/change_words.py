"""What the words of a change event say: most are about things that answer no request."""

import re

from candidates.measures.changed_keys import changed_key
from schemas.incident import Change

INERT = 0.1
"""How far a change is suspected, beside another one at that time, that by its words touches no answer."""
WORDS = re.compile(
    r"(?<![A-Za-z])(?:log[ _.-]?(?:level|format|rotation|retention|sampling)|on[ -]call\b|read.?me\b)|\blogging\b"
    r"|audit logs|trac(?:e|ing) sampling|metrics (?:exporter|scrap)|\bmonitoring\b|dashboard|alert routing"
    r"|alert thresholds? tuned|dark.?mode|(?:staff|cookie) banner|(?:page|ui) (?:copy|theme)|wording|newsletter"
    r"|\btypos?\b|\(unused\)"
    r"|(?<![A-Za-z])(?:ui|banner|button|theme|badge|icon|logo|header)s?[ _.-](?:[A-Za-z]{1,20}[ _.-])?"
    r"colou?rs?(?![A-Za-z])"
    r"|\bdocs\b|documentation|unit tests?|\blint|comments? (?:added|only)|handover|backup (?:window|job|schedule)"
    r"|no functional change|no (?:behavior|behaviour) change|same (?:artefact|artifact|weights|binary)",
    re.IGNORECASE,
)
CAPACITY = re.compile(
    r"(?<![A-Za-z])(?:replicas?|auto[ _-]?scal(?:er|ing)|retention[ _](?:days|hours|period|policy)|disks?)(?![A-Za-z])"
    r"|\bvolumes? resized|(?<![A-Za-z])(?:cpu|memory)[ _](?:limit|request)s?(?![A-Za-z])"
    r"|(?:certificates?|secrets?|credentials?) (?:renewal|renewed|rotation|rotated)|\bCVE\b",
    re.IGNORECASE,
)
"""How much of something there is, or how it is kept: it makes answers late, not wrong."""


def suspected(change: Change, *, late: bool = False) -> float:
    """Return how far a change is suspected by its words alone, its title's and its key's, (0, 1].

    Parameters
    ----------
    late
        Whether answers came late or not at all, rather than wrong: then capacity counts.
    """
    said = (change.title or "", changed_key(change.before, change.after) or "")
    inert = (WORDS,) if late else (WORDS, CAPACITY)
    return INERT if any(words.search(text) for words in inert for text in said) else 1.0
