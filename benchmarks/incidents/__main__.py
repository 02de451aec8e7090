"""Write random incidents with known causes, or score the engine on them.

python -m benchmarks.incidents --out /tmp/cases --cases 60 --seed 1
python -m benchmarks.incidents --out /tmp/cases --only flights bike metro --score
python -m benchmarks.incidents --out /tmp/cases --only hotel adult bank telco --fit
"""

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.incidents.case import make_case
from benchmarks.incidents.fit import fit
from benchmarks.incidents.job import plan
from benchmarks.incidents.score import report, score_all
from benchmarks.incidents.tables import DOMAINS


def arguments() -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser("benchmarks.incidents", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the cases: <out>/<table>/<case>/")
    parser.add_argument("--only", nargs="*", choices=sorted(DOMAINS), default=sorted(DOMAINS), help="tables")
    parser.add_argument("--cases", type=int, default=60, help="cases per table")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--score", action="store_true", help="score the engine on cases already written")
    parser.add_argument("--fit", action="store_true", help="fit the heuristic's weights on cases already written")
    parser.add_argument("--misses", type=int, default=1000, help="how many misses to list")
    return parser.parse_args()


def write_all(options: argparse.Namespace) -> None:
    """Write every case, tables one after the other so that each process trains a table once."""
    with ProcessPoolExecutor(options.jobs) as pool:
        for table in options.only:
            shutil.rmtree(options.out / table, ignore_errors=True)
            (options.out / table).mkdir(parents=True)
            jobs = plan(table, options.out, options.cases, options.seed)
            for said in pool.map(make_case, jobs):
                print(said, flush=True)


if __name__ == "__main__":
    chosen = arguments()
    if chosen.fit:
        fit(chosen.out, chosen.only, chosen.jobs)
    elif chosen.score:
        report(score_all(chosen.out, chosen.only, chosen.jobs), chosen.misses)
    else:
        write_all(chosen)
