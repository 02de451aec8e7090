"""The order in which a log's rows are drawn into samples: always the same, whatever was stored before them.

Landing puts the rows that are drawn first before the others of their group, so that a sample lies in a few blocks
instead of one row in every block: reading it then costs the same however many rows a log has.
"""

SALT = 7_919
STEPS = 1_000_000
FRONT = STEPS // 16
"""Steps of the rows that are stored first."""


def draw_order(file: str = "_file", row: str = "_row") -> str:
    """Return SQL of a row's place in the order of drawing, 0 to below `STEPS`, evenly spread and with ties."""
    return f"hash(CAST({file} AS INTEGER), CAST({row} AS BIGINT), {SALT}) % {STEPS}"


def stored_order() -> str:
    """Return SQL of a row's place in its log as it was written, BIGINT: by file, then by row, of 4 billion at most."""
    return "(CAST(_file AS BIGINT) << 32) + _row"
