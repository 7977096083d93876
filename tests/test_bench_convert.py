"""`vox bench convert`: that it measures what live would do."""

import numpy as np

import signals
from voxhumana.bench.convert import row
from voxhumana.bench.machine import machine
from voxhumana.config import Settings

RATE = 48_000


def test_a_row_counts_the_blocks_of_a_device_after_the_warm_up():
    sound = signals.speech(1.5, RATE)
    measured = row(Settings(voice="uncle", frames=480), sound, RATE)
    assert measured["voice"] == "uncle"
    assert measured["blocks"] == 50
    assert 0 < measured["p50_ms"] <= measured["p99_ms"] <= measured["max_ms"]
    assert measured["rtf"] > 0


def test_the_identity_engine_delays_nothing():
    measured = row(Settings(engine="identity"), np.zeros(2 * RATE, np.float32), RATE)
    assert (measured["engine"], measured["latency_ms"]) == ("identity", 0)


def test_a_measurement_says_when_and_on_what():
    assert {"date", "processor", "cores", "load"} <= machine().keys()
