"""Fit the heuristic's weights on cases that `rca bench incidents --half tune --out OUT` wrote.

python -m benchmarks.incidents --out OUT [--tables hotel adult] [--jobs 2]
"""

import argparse
from pathlib import Path

from benchmarks.incidents.fit import fit
from benchmarks.incidents.tables import DOMAINS, TUNE

if __name__ == "__main__":
    parser = argparse.ArgumentParser("benchmarks.incidents", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the cases: <out>/<table>/<case>/")
    parser.add_argument("--tables", nargs="*", choices=sorted(DOMAINS), default=sorted(TUNE))
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    fit(given.out, given.tables, given.jobs)
