"""What a metric does anyway, by hour of the day and day of the week."""

import numpy as np

from rca.symptom.season import fit_season

DAYS, HOURS = 9, 24
TS = np.datetime64("2026-03-02", "us") + np.arange(DAYS * HOURS) * np.timedelta64(1, "h")
HOUR = np.arange(DAYS * HOURS) % HOURS


def fitted(value):
    return fit_season(TS, value, np.ones(len(TS), dtype=bool), 3600.0)


def noise(seed):
    return 50 + 10 * np.random.default_rng(seed).normal(size=len(TS))


def test_one_hour_that_is_so_every_day_is_a_season_though_it_hardly_moves_the_spread():
    # of a series that swings more from day to day than by the hour the other hours say nothing
    days = np.repeat(np.random.default_rng(9).normal(size=DAYS), HOURS)
    rough = np.random.default_rng(16).laplace(size=len(TS)) ** 3
    found = fitted(50 + days + rough + 12 * (HOUR == 2))
    assert int(found.daily.argmax()) == 2
    assert 8 < found.daily[2] < 14
    assert found.error(TS[:-2], TS[-2:]) > 0


def test_an_hour_of_one_day_is_none():
    once = noise(1)
    once[2] += 200
    assert fitted(once).daily.size == 0


def test_noise_has_hardly_any():
    largest = [np.abs(fitted(noise(seed)).daily).max(initial=0.0) for seed in range(40)]
    assert sum(effect > 10 for effect in largest) <= 2  # by chance; the noise's own standard deviation is 10


def test_a_day_of_waves_is_learned_whole():
    found = fitted(noise(3) + 40 * np.sin(2 * np.pi * HOUR / HOURS))
    assert np.count_nonzero(found.daily) == HOURS
