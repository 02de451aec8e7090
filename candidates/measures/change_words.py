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
    r"|\btypos?\b|\(unused\)|(?<![A-Za-z])footer(?![A-Za-z])|help[ _.-](?:page|text|cent(?:re|er))"
    r"|\b(?:daily|weekly|monthly) (?:report|digest|e-?mail)"
    r"|(?<![A-Za-z])(?:ui|banner|button|theme|badge|icon|logo|header)s?[ _.-](?:[A-Za-z]{1,20}[ _.-])?"
    r"colou?rs?(?![A-Za-z])"
    r"|\bdocs\b|documentation|unit tests?|\blint|comments? (?:added|only)|handover|backup (?:window|job|schedule)"
    r"|no (?:functional|behaviour|behavior) changes?|same (?:artefact|artifact|weights|binary)"
    r"|\bflag clean-?up\b|\bstale (?:experiment )?(?:flag|toggle)s\b"
    r"|dark.?launch(?:ed)? .*\bstaff\b",
    re.IGNORECASE,
)
CAPACITY = re.compile(
    r"(?:min|max)?[ _-]?replicas?|auto[ _-]?scal(?:er|ing)|disks?(?:[ _-](?:volume|size|space))?"
    r"|(?:cpu|memory)[ _-](?:limit|request)s?|(?:log|audit|backup)?[ _-]?retention[ _](?:days|hours|period|policy)",
    re.IGNORECASE,
)
"""How much of something there is, or how it is kept: it makes answers late, not wrong."""
RESIZED = re.compile(r"[:\s]*(?:\d\S*\s*(?:->|→|to)\s*\d\S*|resized|raised|doubled)?\s*", re.IGNORECASE)
"""All that a title may say besides."""
PATCHED = re.compile(r"\bCVE\b|\bsecurity (?:patch|update)", re.IGNORECASE)


def suspected(change: Change, *, late: bool = False) -> float:
    """Return how far a change is suspected by its words alone, its title's and its key's, (0, 1].

    Parameters
    ----------
    late
        Whether answers may have come late or not at all, rather than wrong: then capacity counts.
    """
    title, key = change.title or "", changed_key(change.before, change.after) or ""
    if any(map(WORDS.search, (title, key))):
        return INERT
    return INERT if not late and (_of_capacity(title, key) or PATCHED.search(title)) else 1.0


def _of_capacity(title: str, key: str) -> bool:
    """Return whether all that was changed is a capacity: by the key where there is one, else by the whole title."""
    if key:
        return CAPACITY.fullmatch(key) is not None
    found = CAPACITY.match(title)
    return found is not None and RESIZED.fullmatch(title[found.end() :]) is not None
