"""Count the cases of a folder: families, mechanisms, and how many draws each took until somebody would notice.

python -m benchmarks.incidents.tally /tmp/cases
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np


def tally(out: Path) -> str:
    """Return a table, one line a family and mechanism: cases, draws a case, rows a case."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(out.glob("*/*.truth.json")):
        known = json.loads(path.read_text(encoding="utf-8"))
        causes = [f"{cause['family']}/{cause['mechanism']}" for cause in known["causes"]]
        groups["no fault" if not causes else causes[0] if len(causes) == 1 else "two roots"].append(known)
    lines = [f"{'':<48}cases  draws   rows"]
    for name in sorted(groups):
        draws, rows = ([known[what] for known in groups[name]] for what in ("attempts", "rows"))
        lines.append(f"{name:<48}{len(draws):>5}{np.mean(draws):>7.1f}{np.mean(rows):>7.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(tally(Path(sys.argv[1])))
