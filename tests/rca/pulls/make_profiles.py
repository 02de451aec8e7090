"""Make the profiles beside this file with whylogs itself, which writes with numpy 1 only:

uv run --no-project --python 3.11 --with 'whylogs==1.6.4' --with 'numpy<2' --with 'pandas<3' --with setuptools \
    python tests/rca/pulls/make_profiles.py
"""

import os
from datetime import UTC, datetime
from pathlib import Path

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"

import numpy as np
import pandas as pd
import whylogs

PLACE = Path(__file__).parent


def main() -> None:
    rng = np.random.default_rng(0)
    for day, level, nulls, countries in ((2, 100.0, 100, ["DE", "FR"]), (3, 130.0, 600, ["DE", "FR", "IT"])):
        rows = pd.DataFrame({"amount": rng.normal(level, 10, 2000), "country": rng.choice(countries, 2000)})
        rows.loc[: nulls - 1, "amount"] = np.nan
        found = whylogs.log(rows)
        found.set_dataset_timestamp(datetime(2026, 3, day, 10, tzinfo=UTC))
        found.writer("local").option(base_dir=str(PLACE)).write(dest=f"2026-03-0{day}.bin")


main()
