"""What the words of a change event say: most are about things that answer no request."""

import re

from schemas.incident import Change

INERT = 0.3
"""How far a change is suspected, beside another one at that time, that by its words touches no answer."""
WORDS = re.compile(
    r"\blog(?:s|ging)?\b|log[_.]level|dashboard|banner|dark.?mode|\bdocs?\b|documentation|read.?me|unit tests?|\blint"
    r"|\bcopy\b|wording|audit|on.?call|rota\b|handover|newsletter|back.?up|back.?fill|retention|typo|ownership|contact"
    r"|no functional change|no behaviou?r change|same (?:artefact|artifact|weights|image|binary|model)|not used|unused"
    r"|\balert|monitoring|metrics? scrap|trac(?:e|ing) sampl|certificate|credential|secret|theme|colou?r",
    re.IGNORECASE,
)


def suspected(change: Change) -> float:
    """Return how far a change is suspected by its words alone, (0, 1]."""
    return INERT if WORDS.search(change.title or "") else 1.0
