from dataclasses import replace

import numpy as np
import pytest

from candidates import families
from candidates.measures.histograms import loss_shares
from tests.laws.worlds import DAYS, bin_of, broken, make_evidence


def with_losses(profile, x, loss, day):
    """Return the profile with the sums of loss that a histogram file would carry."""
    position, late, size = bin_of(x), day >= DAYS - 5, len(profile.roles)
    sums = {
        f"loss_{name}": np.bincount(position[rows], loss[rows], minlength=size)
        for name, rows in (("before", ~late), ("after", late))
    }
    counts = {
        f"labelled_{name}": np.bincount(position[rows], minlength=size).astype(float)
        for name, rows in (("before", ~late), ("after", late))
    }
    return replace(profile, **sums, **counts)


def histograms_only(what):
    model = broken(what).models["scorer"]
    rows = model.rows
    day = ((rows.ts - np.datetime64("2026-03-01", "us")) / np.timedelta64(1, "D")).astype(int)
    columns = {n: with_losses(p, rows.values[n], rows.score, day) for n, p in model.columns.items()}
    return make_evidence(replace(model, columns=columns, rows=None))


def test_a_null_burst_is_found_from_histograms_with_losses_alone():
    evidence = histograms_only("a:null")
    found = families()["data_quality"](evidence).candidates
    first = max(found, key=lambda c: c.specificity)
    assert (first.node, first.subject, first.mechanism) == ("feed", "a", "null_burst")


def test_histograms_without_losses_are_told_apart_from_health():
    model = replace(broken("a:null").models["scorer"], rows=None)
    assert "histograms" in families()["data_quality"](make_evidence(model)).not_examined


def test_the_mix_is_the_change_that_the_new_shares_make_at_the_old_losses():
    profile = histograms_only("a:scale").models["scorer"].columns["c"]
    size = len(profile.roles)
    before, after = np.zeros(size), np.zeros(size)
    before[1], before[2], after[1], after[2] = 50, 50, 20, 80
    loss = np.zeros(size)
    loss[1], loss[2] = 0.1, 0.3
    made = replace(
        profile, labelled_before=before, labelled_after=after, loss_before=before * loss, loss_after=after * loss
    )
    mix, drop = loss_shares(made)
    assert mix == pytest.approx(1.0)
    assert drop == pytest.approx(0.0)
