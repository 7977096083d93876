"""Rates meet rates."""

import numpy as np
import pytest

import signals
from contract import StageContract, blocks_of, pushed, run
from voxhumana.audio.chain import Chain
from voxhumana.audio.resample import Resample


class ResampleContract(StageContract):
    tolerance = 2e-6  # float32, in other sums
    latency_tolerance = 1
    one_size = True


class TestDown(ResampleContract):
    def make(self):
        return Resample(48_000, 16_000)


class TestUp(ResampleContract):
    def make(self):
        return Resample(16_000, 48_000)


class TestFromCompactDisc(ResampleContract):
    def make(self):
        return Resample(44_100, 48_000)


class TestToCompactDisc(ResampleContract):
    def make(self):
        return Resample(48_000, 44_100)


class TestFromTelephone(ResampleContract):
    def make(self):
        return Resample(8_000, 48_000)


class TestSameRate(ResampleContract):
    def make(self):
        return Resample(48_000, 48_000)


@pytest.mark.parametrize(("takes_hz", "gives_hz"), [(48_000, 16_000), (16_000, 48_000), (44_100, 48_000)])
def test_a_tone_stays_that_tone(takes_hz, gives_hz):
    stage = Resample(takes_hz, gives_hz)
    out = run(stage.open(), signals.sine(1000, 1.0, takes_hz), 480)[stage.latency :]
    np.testing.assert_allclose(out[100:-100], signals.sine(1000, 1.0, gives_hz)[100:-100], atol=2e-3)


def test_there_and_back_is_delayed_by_the_sum():
    there_and_back = Chain({"down": Resample(48_000, 16_000), "up": Resample(16_000, 48_000)}, 48_000)
    sound = signals.sine(440, 0.5, 48_000)
    out = run(there_and_back.open(), sound, 256)[there_and_back.latency :]
    np.testing.assert_allclose(out[200:-200], sound[200:-200], atol=2e-3)


def test_a_changing_ratio_makes_no_click():
    stage = Resample(48_000, 48_000)
    stream, outs = stage.open(), []
    for turn, block in enumerate(blocks_of(signals.sine(1000, 2.0, 48_000), 256)):
        stream.correction = 1 + 500e-6 * np.sin(turn)
        outs.append(pushed(stream, block))
    heard = np.concatenate(outs)[stage.latency + 100 :]
    # A 1 kHz sine of peak 0.5 bends by 0.5 * (2 pi 1000 / 48000)^2 = 0.0086 at most; a click would exceed it.
    assert np.abs(np.diff(heard, 2)).max() < 0.0090


def test_a_corrected_ratio_makes_as_much_more_sound():
    stream = Resample(48_000, 48_000).open()
    stream.correction = 1 + 200e-6
    out = pushed(stream, signals.silence(60, 48_000), 4800)
    assert len(out) == pytest.approx(60 * 48_000 * (1 + 200e-6), abs=3)
