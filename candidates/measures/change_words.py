"""What the words of a change event say: most are about things that answer no request."""

import re

from schemas.incident import Change

INERT = 0.3
"""How far a change is suspected, beside another one at that time, that by its words touches no answer."""
WORDS = re.compile(
    r"log[ _.-]?level|log[ _.-](?:format|rotation|retention|sampling)|\blogging\b|audit logs|trac(?:e|ing) sampl"
    r"|metrics (?:exporter|scrap)|dashboard|\balert(?:s|ing)\b|alert (?:thresholds? tuned|rules?|routing)"
    r"|dark.?mode|(?:staff|cookie) banner|(?:page|ui) (?:copy|theme)|wording|newsletter|typo|\(unused\)"
    r"|\bdocs\b|documentation|read.?me|unit tests?|\blint|comments? (?:added|only)"
    r"|on.?call|handover|backup (?:window|job|schedule)|(?:certificates?|credentials?|secrets?) (?:rotated|renewed)"
    r"|no functional change|no behaviou?r change|same (?:artefact|artifact|weights|image|binary)",
    re.IGNORECASE,
)


def suspected(change: Change) -> float:
    """Return how far a change is suspected by its words alone, (0, 1]."""
    return INERT if WORDS.search(change.title or "") else 1.0
