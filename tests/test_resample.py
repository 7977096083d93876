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


@pytest.mark.parametrize("ratio", [2, 3, 6])
def test_by_a_whole_factor_the_band_passes_and_nothing_is_mirrored(ratio):
    low, high = 8_000, 8_000 * ratio
    for share, passes in ((0.02, True), (0.5, True), (0.8, True), (1.07, False), (1.5, False)):
        tone = signals.sine(share * low / 2, 1.0, high)
        down = run(Resample(high, low).open(), tone, 480)[100:-100]
        left_db = 20 * np.log10(np.sqrt(np.square(down).mean() / np.square(tone).mean()))
        assert left_db == pytest.approx(0, abs=0.1) if passes else left_db < -85
    tone = signals.sine(0.8 * low / 2, 1.0, low)
    up = run(Resample(low, high).open(), tone, 80)[100 * ratio : -100 * ratio]
    spectrum = np.abs(np.fft.rfft(up * np.kaiser(len(up), 14)))
    hz = np.fft.rfftfreq(len(up), 1 / high)
    mirrored = spectrum[hz > 1.15 * low / 2].max() / spectrum.max()
    assert 20 * np.log10(mirrored) < -85
    assert np.square(up).mean() == pytest.approx(np.square(tone).mean(), rel=0.02)


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
