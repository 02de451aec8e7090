"""What happened to a column's categories: the same ones spelled otherwise, new ones, or garbage."""

import re
import unicodedata

from candidates.measures.signatures import Signature

MIN_SHARE = 0.01
Vocabulary = tuple[tuple[str, int, int], ...]


def _plain(value: str) -> str:
    text = unicodedata.normalize("NFKD", value).casefold()
    return re.sub(r"[^0-9a-z]+", "", "".join(c for c in text if not unicodedata.combining(c)))


def _matched(new: dict[str, float], old: dict[str, float]) -> float:
    """Return the share of the new values' rows whose plain spelling (or its start) is an old value's."""
    plain = {_plain(value) for value in old}
    total = sum(new.values())
    hit = sum(w for value, w in new.items() if _plain(value) in plain)
    return hit / total if total else 0.0


def _same_profile(new: dict[str, float], old: dict[str, float]) -> float:
    """Return how alike the sorted shares of two vocabularies are, in [0, 1]."""
    a, b = sorted(new.values(), reverse=True), sorted(old.values(), reverse=True)
    size = max(len(a), len(b))
    a, b = a + [0.0] * (size - len(a)), b + [0.0] * (size - len(b))
    total_a, total_b = sum(a) or 1.0, sum(b) or 1.0
    return 1 - sum(abs(x / total_a - y / total_b) for x, y in zip(a, b, strict=True)) / 2


def vocabulary_signature(vocabulary: Vocabulary) -> tuple[Signature, ...]:
    """Return the signature of a changed vocabulary.

    Mechanisms: `re_encoded` (old values spelled otherwise, or codes in place of names),
    `new_categories` (a few valid-looking values more), `garbled` (many rare values never seen before).
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
    lost = {value: was / base - after.get(value, 0.0) / total for value, was in before.items()}
    lost = {value: part for value, part in lost.items() if part > 0.05 * share}
    shown = ", ".join(repr(v) for v in sorted(fresh, key=lambda v: (-fresh[v], v))[:3])
    words = f"values never seen before hold {share:.1%} of the rows ({shown})"
    if _matched(fresh, before) > 0.6:
        return (Signature("re_encoded", 0.95, share, f"{words}: the old ones spelled otherwise"),)
    alike = _same_profile(fresh, lost)
    if alike > 0.7 and len(fresh) <= len(before) + 2 and (len(fresh) > 1 or len(lost) == 1):
        return (Signature("re_encoded", 0.6 + 0.35 * alike, share, f"{words} in place of old ones"),)
    rare = len(fresh) > max(10, 2 * len(before))
    if rare:
        return (Signature("garbled", 0.8, share, words),)
    return (Signature("new_categories", 0.7, share, words),)
