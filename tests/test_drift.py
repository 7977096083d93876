"""Two clocks that differ, simulated: source blocks with jitter in, device blocks out."""

import numpy as np
import pytest

from voxhumana.audio.drift import BOUND, Drift

RATE_HZ = 48_000
MARK = 960


def simulated(ppm, frames, sink_frames, jitter_s, minutes=6, stall_at_s=None):
    """Run both clocks; returns [blocks, 3] (seconds, backlog, correction in ppm) and the Drift."""
    rng = np.random.default_rng(1)
    drift = Drift(RATE_HZ, MARK)
    backlog, correction, part, played = MARK, 1.0, 0.0, 0
    rows = []
    for turn in range(1, int(minutes * 60 * RATE_HZ / frames)):
        now_s = turn * frames / RATE_HZ
        due = (now_s + abs(rng.normal(0, jitter_s))) * RATE_HZ * (1 + ppm * 1e-6) // sink_frames * sink_frames
        backlog -= int(due - played)
        played = due
        part += frames * correction
        written, part = int(part), part % 1
        backlog += written
        if stall_at_s and now_s >= stall_at_s:
            backlog, stall_at_s = backlog + 12_000, None
        elif backlog > MARK + RATE_HZ // 10:  # the sink trims what a stall left
            backlog = MARK
        correction = drift.correct(backlog, written)
        rows.append((now_s, backlog, (correction - 1) * 1e6))
    return np.array(rows), drift


@pytest.mark.parametrize("ppm", [-200, 0, 50, 200])
@pytest.mark.parametrize(
    ("frames", "sink_frames", "jitter_s"), [(256, 256, 5e-4), (128, 1024, 2e-3), (480, 441, 3e-3)]
)
def test_the_backlog_stays_where_it_should(ppm, frames, sink_frames, jitter_s):
    rows, drift = simulated(ppm, frames, sink_frames, jitter_s)
    settled = rows[rows[:, 0] > 120]
    assert abs(settled[:, 1].mean() - MARK) <= max(frames, sink_frames)
    assert abs(rows[:, 1] - MARK).max() <= max(frames, sink_frames) + jitter_s * 5 * RATE_HZ + 56
    assert settled[:, 2].mean() == pytest.approx(ppm, abs=10)
    assert drift.ppm == pytest.approx(ppm, abs=40)


def test_without_correction_it_would_not():
    assert 200e-6 * RATE_HZ * 360 > 10 * 256  # what the test above would see: 3,456 samples in six minutes


def test_the_correction_is_never_more_than_a_cent():
    drift = Drift(RATE_HZ, MARK)
    for backlog in [0] * 10_000 + [100_000] * 10_000:
        assert abs(drift.correct(backlog, 256) - 1) <= BOUND + 1e-12


def test_a_stall_is_not_taken_for_drift():
    rows, drift = simulated(50, 256, 256, 5e-4, stall_at_s=240)
    after = rows[rows[:, 0] > 242]
    assert abs(after[:, 1] - MARK).max() <= 2 * 256 + 200
    assert drift.ppm == pytest.approx(50, abs=60)
