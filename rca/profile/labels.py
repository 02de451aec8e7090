"""Readable names of bins."""

import math
from collections.abc import Sequence


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


def range_labels(lefts: Sequence[float], rights: Sequence[float], unit: str = "") -> list[str]:
    """Return readable labels of one column's ranges, in ascending order.

    Where all edges are whole numbers, [3, 4) reads as 3: so far the column has held only those.

    Examples
    --------
    >>> range_labels([0.0, 1.0, 2.0], [1.0, 2.0, math.nextafter(4.0, math.inf)])
    ['0', '1', '[2, 4]']
    >>> range_labels([0.5, 1.0], [1.0, 2.0])
    ['[0.5, 1)', '[1, 2)']
    """
    whole = not unit and all(float(left).is_integer() for left in lefts)
    labels = [
        f"{left:.6g}" if whole and right == left + 1 else range_label(left, right, unit)
        for left, right in zip(lefts, rights, strict=True)
    ]
    if labels:
        # own edges end one float above the maximum, which mostly has the shorter decimals of the two
        closed = len(repr(math.nextafter(rights[-1], -math.inf))) <= len(repr(float(rights[-1])))
        if closed:
            labels[-1] = range_label(lefts[-1], rights[-1], unit, closed=True)
    return labels
