from benchmarks.streaming_ks import by_each_statistic, by_rolling_ks, by_scipy, measure, rate


def test_the_table_has_all_ways_and_sizes():
    rows = measure([20, 50], 200)
    assert [row["size"] for row in rows] == [20, 50]
    assert all(row[name] > 0 for row in rows for name in ("rolling_ks", "every statistic", "scipy anew"))


def test_the_rolling_test_is_many_times_faster_than_one_anew_at_each_value():
    anew = rate(by_scipy, 1000, 50)
    assert rate(by_rolling_ks, 1000, 5000) > 10 * anew
    assert rate(by_each_statistic, 1000, 2000) > 5 * anew
