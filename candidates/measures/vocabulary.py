"""What happened to a column's categories: the same ones spelled otherwise, new ones, or garbage."""

import re
from dataclasses import replace

from candidates.measures.signatures import Signature
from candidates.measures.spelling import lossy, masked, original, plain

MIN_SHARE = 0.01
BROKEN = 0.2
"""Share of the new values' rows whose characters were lost, from which the texts are broken."""
FORKED = 1.8
"""Spellings of one old value, effectively, from which they are damage: a new encoding gives each value one."""
MOST_PARTS = 5
"""Parts that one value is split into; more are damage."""
SEVERAL, EVEN, BESIDE = 3, 0.85, 0.3
"""Old values, and how evenly all of them made room, from which new ones are rows of others: how specific they are."""
NOTHING = re.compile(
    r"\W*(?:unk|unknown|n/?a|nan|null|none|nil|others?|other_group|missing|undefined|default"
    r"|not[ _]?(?:set|known))?\W*",
    re.IGNORECASE,
)
"""What a value is called that stands for none."""
COPIES = 0.5
MAX_FRESH = 500
Vocabulary = tuple[tuple[str, int, int], ...]


def _matched(new: dict[str, float], old: dict[str, float]) -> float:
    """Return the share of the new values' rows whose plain spelling (or its start) is an old value's."""
    spellings = {plain(value) for value in old}
    total = sum(new.values())
    hit = sum(w for value, w in new.items() if plain(value) in spellings)
    return hit / total if total else 0.0


def _same_profile(new: dict[str, float], old: dict[str, float]) -> float:
    """Return how alike the sorted shares of two vocabularies are, in [0, 1]."""
    a, b = sorted(new.values(), reverse=True), sorted(old.values(), reverse=True)
    size = max(len(a), len(b))
    a, b = a + [0.0] * (size - len(a)), b + [0.0] * (size - len(b))
    total_a, total_b = sum(a) or 1.0, sum(b) or 1.0
    return 1 - sum(abs(x / total_a - y / total_b) for x, y in zip(a, b, strict=True)) / 2


def _copies(new: dict[str, float], old: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return the new values that are copies of an old one, and their rows, by old one."""
    known = sorted(old, key=lambda value: (-old[value], value))
    found: dict[str, dict[str, float]] = {}
    for value in sorted(new, key=lambda v: (-new[v], v))[:MAX_FRESH]:
        copied = original(value, known)
        if copied is not None:
            found.setdefault(copied, {})[value] = new[value]
    return found


def _spellings(old: str, copies: dict[str, float]) -> float:
    """Return in how many ways an old value is written: Simpson's effective number, by rows.

    One that was split is written in one: each part has its whole name and a word more.
    """
    rows = copies.values()
    return 1.0 if _parts(old, list(copies)) else sum(rows) ** 2 / sum(n * n for n in rows)


def _parts(old: str, texts: list[str]) -> bool:
    """Return whether some texts are the names of an old value's parts ("Female A", "Female B")."""
    part = re.compile(rf"{re.escape(old)}[\W_]+\w+|\w+[\W_]+{re.escape(old)}")
    return len(texts) <= MOST_PARTS and all(map(part.fullmatch, texts))


def _damage(new: dict[str, float], old: dict[str, float]) -> tuple[float, str]:
    """Return how surely the new values are damaged old ones, and why.

    A new encoding writes each old value in one way; damage writes it in several, or loses characters.
    """
    total = sum(new.values())
    known = list(old)
    marked = masked(new, known)
    broken = sum(rows for value, rows in new.items() if value in marked or lossy(value, known)) / total
    if broken > BROKEN:
        return min(0.95, 0.8 + 0.3 * broken), "characters are lost"
    copies = _copies(new, old)
    copied = sum(sum(rows.values()) for rows in copies.values())
    if copied < COPIES * total:
        return 0.0, ""
    spellings = sum(sum(rows.values()) * _spellings(old_one, rows) for old_one, rows in copies.items()) / copied
    return (0.85, "the old ones, each damaged in several ways") if spellings >= FORKED else (0.0, "")


def vocabulary_signature(vocabulary: Vocabulary) -> tuple[Signature, ...]:
    """Return the signature of a changed vocabulary.

    Mechanisms: `re_encoded` (old values spelled otherwise, or codes in place of names),
    `new_categories` (a few valid-looking values more), `garbled` (old values damaged, or many rare ones never seen).
    """
    before = {value: float(was) for value, was, _ in vocabulary if was > 0}
    after = {value: float(now) for value, _, now in vocabulary if now > 0}
    total = sum(after.values())
    if not before or not total:
        return ()
    base = sum(before.values())
    fresh = {value: now for value, now in after.items() if value not in before}
    share = sum(fresh.values()) / total
    if share < MIN_SHARE:
        return ()
    gave = {value: max(was / base - after.get(value, 0.0) / total, 0.0) for value, was in before.items()}
    lost = {value: part for value, part in gave.items() if part > 0.05 * share}
    shown = ", ".join(repr(v) for v in sorted(fresh, key=lambda v: (-fresh[v], v))[:3])
    words = f"values never seen before hold {share:.1%} of the rows ({shown})"
    found = _kind_of(fresh, before, lost, share, words)
    if found.mechanism != "new_categories" or not _beside(fresh, before, gave):
        return (found,)
    words += " beside the old ones, which kept their proportions"
    return (replace(found, specificity=BESIDE, words=words),)


def _kind_of(
    fresh: dict[str, float], before: dict[str, float], lost: dict[str, float], share: float, words: str
) -> Signature:
    damaged, how = _damage(fresh, before)
    if damaged:
        return Signature("garbled", damaged, share, f"{words}: {how}")
    if _matched(fresh, before) > 0.6:
        return Signature("re_encoded", 0.95, share, f"{words}: the old ones spelled otherwise")
    alike = _same_profile(fresh, lost)
    if alike > 0.7 and len(fresh) <= len(before) + 2 and (len(fresh) > 1 or len(lost) == 1):
        return Signature("re_encoded", 0.6 + 0.35 * alike, share, f"{words} in place of old ones")
    if len(fresh) > max(10, 2 * len(before)):
        return Signature("garbled", 0.8, share, words)
    return Signature("new_categories", 0.7, share, words)


def _beside(fresh: dict[str, float], before: dict[str, float], gave: dict[str, float]) -> bool:
    """Tell whether new values are rows of others: all old ones made room for them in proportion to their shares.

    So they do for a default that is written at random, which its name gives away.
    """
    if len(before) < SEVERAL or any(map(NOTHING.fullmatch, fresh)):
        return False
    whole, total = sum(gave.values()) or 1.0, sum(before.values())
    return 1 - sum(abs(gave[value] / whole - was / total) for value, was in before.items()) / 2 > EVEN
