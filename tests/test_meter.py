"""Percentiles by histogram, and levels."""

import numpy as np
import pytest

from voxhumana.meter import Level, Meter


def test_percentiles_are_right_to_a_percent():
    times_s = np.random.default_rng(1).lognormal(np.log(1e-3), 0.5, 5000)
    meter = Meter()
    for time_s in times_s:
        meter.add(time_s, 0.005)
    cost = meter.cost()
    assert cost.p50_ms == pytest.approx(np.percentile(times_s, 50) * 1e3, rel=0.01)
    assert cost.p99_ms == pytest.approx(np.percentile(times_s, 99) * 1e3, rel=0.01)
    assert cost.max_ms == times_s.max() * 1e3
    assert cost.rtf == pytest.approx(times_s.sum() / 25)


def test_no_block_yet_costs_nothing():
    assert Meter().cost().p99_ms == 0


def test_times_off_the_scale_are_counted():
    meter = Meter()
    meter.add(0.0, 0.005)
    meter.add(99.0, 0.005)
    assert meter.cost().blocks == 2
    assert meter.cost().max_ms == 99_000


def test_a_level_rises_at_once_and_falls_20_db_in_1_7_s():
    level = Level()
    level.add(np.array([0.1, -1.0], np.float32), 48_000)
    assert level.db == 0
    for _ in range(170):
        level.add(np.zeros(480, np.float32), 48_000)
    assert level.db == pytest.approx(-20, abs=0.1)


def test_silence_has_a_level():
    assert Level().db == -120
