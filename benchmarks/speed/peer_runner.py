# ruff: noqa: ANN001, ANN201, PLC0415, PLR2004 - it runs where only the peer and what that needs is installed
"""One peer's drift report over two Parquet files, in the peer's own environment: `python peer_runner.py PEER FOLDER`.

Stands alone: it is run by an interpreter that has the peer and not this project. It prints a JSON object: what was
computed, over which sample, the columns called drifted, wall and CPU seconds and peak memory of the report alone.
"""

import json
import resource
import sys
import time
from pathlib import Path

NUMBERS, NAMES = [f"n{k}" for k in range(40)], [f"c{k}" for k in range(10)]
SIGNIFICANT = 0.05


def read(folder):
    """Return both periods as data frames of the 50 columns."""
    import pandas as pd

    return [pd.read_parquet(folder / f"{name}.parquet", columns=NUMBERS + NAMES) for name in ("reference", "current")]


def scipy_ks(reference, current):
    """KS for numbers, chi-square for categories, nulls dropped; Bonferroni."""
    import pandas as pd
    from scipy import stats

    p = {c: stats.ks_2samp(reference[c].dropna(), current[c].dropna(), method="asymp").pvalue for c in NUMBERS}
    for c in NAMES:
        counts = pd.concat([reference[c].value_counts(), current[c].value_counts()], axis=1).fillna(0)
        p[c] = stats.chi2_contingency(counts.to_numpy())[1]
    return [c for c, value in p.items() if value < SIGNIFICANT / len(p)], "all rows"


def frouros_ks(reference, current):
    """KS for numbers, chi-square for categories, nulls dropped; Bonferroni."""
    from frouros.detectors.data_drift import ChiSquareTest, KSTest

    found = []
    for c in NUMBERS + NAMES:
        detector = KSTest() if c in NUMBERS else ChiSquareTest()
        detector.fit(X=reference[c].dropna().to_numpy())
        result = detector.compare(X=current[c].dropna().to_numpy())[0]
        if result.p_value < SIGNIFICANT / 50:
            found.append(c)
    return found, "all rows"


def alibi_detect(reference, current):
    """TabularDrift: KS and chi-square by feature, categories coded, nulls filled with the median; Bonferroni."""
    import numpy as np
    from alibi_detect.cd import TabularDrift

    frames = []
    codes = {
        c: {v: k for k, v in enumerate(sorted(set(reference[c].dropna()) | set(current[c].dropna())))} for c in NAMES
    }
    for frame in (reference, current):
        numbers = frame[NUMBERS].fillna(reference[NUMBERS].median())
        names = [frame[c].map(codes[c]).fillna(-1).to_numpy() for c in NAMES]
        frames.append(np.column_stack([numbers.to_numpy(), *names]))
    detector = TabularDrift(frames[0], p_val=SIGNIFICANT, categories_per_feature={40 + k: None for k in range(10)})
    result = detector.predict(frames[1], drift_type="feature", return_p_val=True)["data"]
    wrong = result["p_val"] < SIGNIFICANT / 50
    return [c for c, drifted in zip(NUMBERS + NAMES, wrong, strict=True) if drifted], "all rows"


def nannyml(reference, current):
    """UnivariateDriftCalculator, Jensen-Shannon by day, its own thresholds; drifted: three days in a row."""
    import pandas as pd
    from nannyml import UnivariateDriftCalculator

    for frame, day in ((reference, "2026-03-02"), (current, "2026-03-09")):
        frame["ts"] = pd.date_range(day, periods=len(frame), freq=pd.Timedelta(days=7) / len(frame))
    calculator = UnivariateDriftCalculator(
        column_names=NUMBERS + NAMES,
        timestamp_column_name="ts",
        continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"],
        chunk_period="D",
    ).fit(reference)
    table = calculator.calculate(current).filter(period="analysis").to_df()
    alerts = {c: [bool(x) for x in table[(c, "jensen_shannon", "alert")]] for c in NUMBERS + NAMES}
    return [c for c, days in alerts.items() if any(all(days[d : d + 3]) for d in range(len(days) - 2))], "all rows"


def evidently(reference, current):
    """DataDriftPreset with its defaults: Wasserstein and Jensen-Shannon distances, threshold 0.1."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    shown = Report([DataDriftPreset()]).run(current, reference).dict()
    found = []
    for metric in shown["metrics"]:
        config = metric.get("config", {})
        column, value = config.get("column"), metric.get("value")
        if column and isinstance(value, float) and value >= (config.get("threshold") or 0.1):
            found.append(column)
    return found, "all rows"


def deepchecks(reference, current):
    """FeatureDrift with its defaults: KS and Cramer's V on 100,000 sampled rows, threshold 0.2."""
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import FeatureDrift

    one, other = (Dataset(frame, cat_features=NAMES) for frame in (reference, current))
    result = FeatureDrift(n_top_columns=50).run(one, other)
    found = [c for c, told in result.value.items() if (told["Drift score"] or 0) > 0.2]
    return found, "100,000 sampled rows"


def whylogs(reference, current):
    """Profiles of both, then its drift scores: KS and chi-square on sketches; drifted where it says so."""
    import whylogs as why
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    one, other = (why.log(pandas=frame).view() for frame in (reference, current))
    scores = calculate_drift_scores(target_view=other, reference_view=one, with_thresholds=True)
    return [c for c, told in scores.items() if told and told.get("drift_category") == "DRIFT"], "sketches of all rows"


def spent():
    """Return wall and CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


PEERS = {
    "scipy": scipy_ks,
    "frouros": frouros_ks,
    "alibi-detect": alibi_detect,
    "nannyml": nannyml,
    "evidently": evidently,
    "deepchecks": deepchecks,
    "whylogs": whylogs,
}

if __name__ == "__main__":
    run, start = PEERS[sys.argv[1]], spent()
    found, sample = run(*read(Path(sys.argv[2])))
    took = [round(b - a, 3) for a, b in zip(start, spent(), strict=True)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = {"computes": run.__doc__, "sample": sample, "found": sorted(found)}
    print(json.dumps({"wall_s": took[0], "cpu_s": took[1], "peak_mb": peak, "result": told}))
