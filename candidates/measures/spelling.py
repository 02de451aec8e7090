"""How texts relate to texts known before: the same ones spelled otherwise, damaged copies, or strangers."""

import difflib
import re
import unicodedata
from collections.abc import Sequence

REPLACED = "\N{REPLACEMENT CHARACTER}"
NEAR = 0.75
"""Similarity (Ratcliff and Obershelp) from which a text is a damaged copy of another."""
MAX_COMPARED = 200


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
    if _misread(text) or _masked(text, known):
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


def _masked(text: str, known: Sequence[str]) -> bool:
    """Return whether question marks, which no known text has, stand in a known text for characters that got lost."""
    if "?" not in text or any("?" in old for old in known):
        return False
    pattern = re.compile("".join("." if char == "?" else re.escape(char) for char in text), re.DOTALL)
    return any(map(pattern.fullmatch, known))


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
