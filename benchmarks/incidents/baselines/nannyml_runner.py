"""Runs where NannyML is installed: a question a line on stdin, column -> number of alerts on stdout.

Needs nothing of this project.
"""

import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

import nannyml  # noqa: E402 # type: ignore[import-not-found]
import pandas as pd  # noqa: E402


def usable(reference: pd.DataFrame, analysis: pd.DataFrame, columns: list[str]) -> list[str]:
    """Return the columns that have values on both sides; NannyML stops at an empty one."""
    return [name for name in columns if reference[name].notna().any() and analysis[name].notna().any()]


def count_alerts(question: dict[str, Any]) -> dict[str, int]:
    """Return how many days each column alerts, by NannyML's defaults: Jensen-Shannon distance, daily chunks."""
    reference, analysis = (pd.read_parquet(question[name]) for name in ("reference", "analysis"))
    columns = usable(reference, analysis, question["columns"])
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=columns,
        treat_as_categorical=[name for name in columns if name not in question["numeric"]],
        timestamp_column_name="ts",
        continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"],
        chunk_period="D",
    )
    calculator.fit(reference)
    ranked = nannyml.AlertCountRanker().rank(calculator.calculate(analysis))
    return {str(row.column_name): int(row.number_of_alerts) for row in ranked.itertuples()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(count_alerts(json.loads(line))), flush=True)
