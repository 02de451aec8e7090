"""The few signs that the report draws with, for terminals that know Unicode and for those that do not."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Signs of one repertoire; `levels` go from empty to full, `eighths` fill one cell from the left."""

    unicode: bool
    arrow: str
    bullet: str
    dash: str
    levels: str
    eighths: str
    full: str
    band: str
    onset: str
    pointer: str
    axis: str
    corner: str
    floor: str
    mark: str


UNICODE = Glyphs(True, "→", "•", "-", " ▁▂▃▄▅▆▇█", " ▏▎▍▌▋▊▉", "█", "░", "┊", "▲", "┤", "└", "─", "▄")
ASCII = Glyphs(False, "->", "*", "-", " .:-=+*%#", " ", "#", ".", ":", "^", "|", "+", "-", "*")


def glyphs_for(console: Console) -> Glyphs:
    """Return the signs that the console's encoding can show."""
    return UNICODE if console.encoding.lower().replace("-", "").startswith("utf") else ASCII


def bar(share: float, width: int, glyphs: Glyphs) -> str:
    """Return a horizontal bar of at most `width` cells for a share in [0, 1]; anything above 0 is visible."""
    steps = len(glyphs.eighths)
    filled = round(min(1.0, max(0.0, share)) * width * steps)
    if share > 0:
        filled = max(1, filled)
    whole, part = divmod(filled, steps)
    return glyphs.full * whole + (glyphs.eighths[part] if part else "")


def sparkline(values: Sequence[float], top: float, glyphs: Glyphs) -> str:
    """Return one cell per value, its height relative to `top`; anything above 0 is visible."""
    steps = len(glyphs.levels) - 1
    if top <= 0:
        return glyphs.levels[0] * len(values)
    heights = (max(1, round(steps * min(1.0, value / top))) if value > 0 else 0 for value in values)
    return "".join(glyphs.levels[height] for height in heights)
