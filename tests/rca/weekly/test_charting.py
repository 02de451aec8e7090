"""The control chart of incidents a week."""

from rca.weekly.charting import rate_chart

WEEKS = [f"2026-W{number:02d}" for number in range(10, 36)]


def chart(counts, first=WEEKS[0]):
    return rate_chart(WEEKS, dict(zip(WEEKS[-len(counts) :], counts, strict=True)), first)


def test_an_ordinary_week_lies_within_the_limits():
    found = chart([5, 7, 4, 6] * 6 + [5, 8])
    assert (found.signals, found.lower, found.counts[-1]) == ((), 0.0, 8)
    assert "within the limits" in found.verdict


def test_a_wild_week_is_a_signal():
    found = chart([5, 7, 4, 6] * 6 + [5, 30])
    assert found.signals == (WEEKS[-1],)
    assert found.upper >= found.poisson_upper
    assert "more incidents" in found.verdict


def test_a_lasting_shift_is_a_signal():
    found = chart([3, 5] * 9 + [9, 8] * 4)
    assert WEEKS[-1] in found.signals
    assert "shifted" in found.verdict


def test_no_incidents_where_there_were_many_is_a_signal():
    assert "fewer" in chart([30, 31, 29, 30] * 6 + [30, 0]).verdict


def test_a_young_site_has_no_limits_yet():
    found = chart([5] * 26, first=WEEKS[-4])
    assert (found.centre, found.weeks) == (None, tuple(WEEKS[-4:]))
    assert found.verdict == "limits need 5 more weeks"
