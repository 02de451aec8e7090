"""`rca train`: learn a ranker from what reviewers said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.figures import by_family, opened, overall
from rca.cli.output import out, print_json, shown_progress, to_json

if TYPE_CHECKING:
    from rca.review.training import TrainingReport

VERDICTS = {
    "too_few": "Nothing was learned",
    "known": "Nothing new",
    "nothing_learned": "Nothing was learned",
    "candidate": "Not promoted",
    "promoted": "Promoted",
}


def train(
    *,
    db: Path,
    seed: int = 0,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Learn a ranker.

    Parameters
    ----------
    db
        DuckDB database with answers of `rca analyze` and labels of `rca label`.
    seed
        The same labels and seed give the same ranker, byte by byte.
    dry_run
        Say what would come of it, and keep nothing.
    json
        Print the report as JSON.
    """
    with opened(db) as warehouse, shown_progress() as progress:
        from rca.review.training import train as learn

        report = learn(warehouse, seed=seed, dry_run=dry_run, progress=progress)
    if json:
        print_json(to_json(report.as_json()))
    else:
        _show(report, dry_run=dry_run)


def _show(report: "TrainingReport", *, dry_run: bool) -> None:
    from rich.text import Text

    from rca.report.words import clean, spoken

    console = out()
    told = f"{report.labelled} labelled incidents: {report.learned_from} to learn from, {report.held_out} later ones"
    console.print(f"{told} to compare on. Gold set: {report.gold}. Teach nothing: {report.unusable}.", soft_wrap=True)
    found = report.as_json()
    for name, comparison in (("held out", found["comparison"]), ("gold set", found["on_gold"])):
        if comparison:
            before = "heuristic" if report.demoted else report.current
            rows = [(before, comparison["current"]), (report.version or "learned", comparison["challenger"])]
            console.print("", Text(spoken(name), style="bold"), overall(rows), sep="\n")
            if comparison["current"]["by_family"]:
                console.print("", by_family(rows), sep="\n")
    console.print()
    if report.demoted:
        console.print(
            f"{clean(report.current)} is damaged, or worse than the heuristic: the heuristic takes its place.",
            soft_wrap=True,
        )
    verdict = VERDICTS[report.outcome] + (" (dry run)" if dry_run else "")
    console.print(Text.assemble((f"{verdict}: ", "bold"), clean(report.reason)), soft_wrap=True)
    if report.outcome in {"promoted", "candidate"} and not dry_run:
        console.print(f"Kept as {report.version}. More: rca rankers show {report.version} --db FILE", soft_wrap=True)
