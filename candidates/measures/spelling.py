"""How texts relate to texts known before: the same ones spelled otherwise, damaged copies, or strangers."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

REPLACED = "\N{REPLACEMENT CHARACTER}"
NEAR = 0.75
"""Similarity (Ratcliff and Obershelp) from which a text is a damaged copy of another."""
MAX_COMPARED = 200
MOST_MASKS, SEVERAL = 64, 2
"""Arrangements of question marks that are looked up among known texts; how many texts with some are no coincidence."""
WITHIN = re.compile(r"[^\W\d_]\?+[^\W\d_]")


def plain(text: str) -> str:
    """Return a text without case, accents, spaces and punctuation."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^0-9a-z]+", "", "".join(c for c in folded if not unicodedata.combining(c)))


def lossy(text: str, known: Sequence[str]) -> bool:
    """Return whether a text's characters were lost: replaced, misread, unprintable, or none but punctuation left.

    A mark that texts known before consist of as well is one of their values.
    """
    if REPLACED in text or any(unicodedata.category(c) in {"Cc", "Co", "Cn"} for c in text):
        return True
    if _misread(text):
        return True
    return bool(text.strip()) and not any(map(str.isalnum, text)) and all(any(map(str.isalnum, o)) for o in known)


def _misread(text: str) -> bool:
    """Return whether a text is UTF-8 that was read as Latin-1: read back, it is another one."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8") != text
        except UnicodeError:
            continue
    return False


def masked(texts: Iterable[str], known: Sequence[str]) -> frozenset[str]:
    """Return the texts in which question marks, which no known text has, stand for characters of a known text.

    A mark at the end may ask or leave open ("ok?", "1?"): a single text counts only with letters on both sides of one.
    """
    asked = [text for text in texts if "?" in text]
    if not asked or any("?" in old for old in known):
        return frozenset()
    of_length: dict[int, list[str]] = defaultdict(list)
    for old in known:
        of_length[len(old)].append(old)
    alike: dict[tuple[int, ...], set[str]] = {}
    found = set()
    for text in asked:
        marks = (len(text), *(i for i, char in enumerate(text) if char == "?"))
        if marks not in alike and len(alike) < MOST_MASKS:
            alike[marks] = {_with_marks(old, marks[1:]) for old in of_length[len(text)]}
        if text in alike.get(marks, ()):
            found.add(text)
    sure = len(found) >= SEVERAL or any(map(WITHIN.search, found))
    return frozenset(found) if sure else frozenset()


def _with_marks(text: str, places: Sequence[int]) -> str:
    chars = list(text)
    for place in places:
        chars[place] = "?"
    return "".join(chars)


def original(text: str, known: Sequence[str]) -> str | None:
    """Return which known text another one is a copy of, spelled otherwise, cut or damaged; None of none.

    A copy has the same plain spelling (of its ASCII part), or is the start of one known text only, or shares most
    characters in their order. Texts that differ only in their digits (releases, codes) are different values.
    """
    known = known[:MAX_COMPARED]
    spellings = {plain(text), plain(text.encode("ascii", "ignore").decode())} - {""}
    same = [old for old in known if plain(old) in spellings]
    if same:
        return same[0]
    begun = [old for old in known if any(plain(old).startswith(bare) for bare in spellings)]
    if len(begun) == 1:
        return begun[0]
    alike = [(_alike(text, old), old) for old in known if _without_digits(old) != _without_digits(text)]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, ""))
    return best[1] if best[0] >= NEAR else None


def _without_digits(text: str) -> str:
    return re.sub(r"[0-9]+", "0", text)


def _alike(text: str, old: str) -> float:
    matcher = difflib.SequenceMatcher(None, text, old, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= NEAR else 0.0
