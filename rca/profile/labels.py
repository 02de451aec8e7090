"""Readable names of bins."""

import math


def range_label(left: float, right: float, unit: str = "", *, closed: bool = False) -> str:
    """Return a readable label of the bin [left, right).

    A bin that holds a single number reads as that number. `closed` says that the bin ends just above
    a value that it holds (the reference's maximum), and so reads as closed there.

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
    return f"[{left:.6g}{unit}, {last:.6g}{unit}]" if closed else f"[{left:.6g}{unit}, {right:.6g}{unit})"
