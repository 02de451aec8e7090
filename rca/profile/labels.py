"""Readable names of bins."""

import math


def range_label(left: float, right: float, unit: str = "") -> str:
    """Return a readable label of the bin [left, right).

    A bin that ends one float above a round number (the reference's maximum) reads as closed there;
    one that holds a single number reads as that number.

    Examples
    --------
    >>> range_label(12.5, 18.0)
    '[12.5, 18)'
    >>> range_label(3.0, math.nextafter(3.0, math.inf))
    '3'
    """
    if math.isinf(left) and math.isinf(right):
        return "any"
    if math.isinf(left):
        return f"< {right:.6g}{unit}"
    if math.isinf(right):
        return f">= {left:.6g}{unit}"
    last = math.nextafter(right, -math.inf)
    if last == left:
        return f"{left:.6g}{unit}"
    end = f"{last:.6g}{unit}]" if len(repr(last)) < len(repr(right)) else f"{right:.6g}{unit})"
    return f"[{left:.6g}{unit}, {end}"
