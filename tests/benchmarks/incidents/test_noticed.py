"""What happens around a calm figure has to leave it alone."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.incidents.noticed import innocent
from rca.demo.extent import Extent
from rca.demo.faults.values import Corruption

from .toy import ONSET, run

BRIER = ("decider", "brier")


@pytest.mark.parametrize(("column", "kept"), [("noise", True), ("age", False)])
def test_a_column_gone_wrong_is_innocent_where_no_answer_hangs_on_it(cascade, calm, column, kept) -> None:
    world, _ = run(cascade, Corruption(column, "out_of_range", Extent(ONSET), -999.0))
    assert innocent(world, calm, BRIER, ONSET, 0.0) is kept


def test_a_model_that_was_far_better_in_training_has_something_wrong(cascade) -> None:
    world, _ = run(cascade)
    rows = {name: values.copy() for name, values in cascade.trained_on.items()}
    rows["bad"] = np.round(cascade.final.predict(rows))
    by_heart = replace(world, cascade=replace(cascade, trained_on=rows))
    assert innocent(world, world, BRIER, ONSET, 0.0)
    assert not innocent(by_heart, by_heart, BRIER, ONSET, 0.0)
    assert innocent(by_heart, by_heart, ("decider", "prediction_mean"), ONSET, 0.0)
