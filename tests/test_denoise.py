"""Noise goes, speech stays."""

import numpy as np
import pytest

import signals
from contract import StageContract, run
from voxhumana.audio.denoise import Denoise
from voxhumana.errors import VoxError


class TestDenoiseNarrow(StageContract):
    def make(self):
        return Denoise(16_000)


class TestDenoiseWide(StageContract):
    def make(self):
        return Denoise(32_000)


class TestDenoiseFull(StageContract):
    def make(self):
        return Denoise(48_000)


def decibels(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=float)) + 1e-20)


def test_steady_noise_is_turned_down():
    stage, fan = Denoise(48_000), signals.noise(4.0, 48_000, rms=0.003)
    out = run(stage.open(), fan, 480)
    assert decibels(out[96_000:]) < decibels(fan[96_000:]) - 10


def test_speech_stays():
    stage, speech = Denoise(48_000), signals.speech(4.0, 48_000)
    out = run(stage.open(), speech, 480)
    assert decibels(out) == pytest.approx(decibels(speech), abs=3)


def test_a_rate_it_does_not_know_is_refused_with_advice():
    with pytest.raises(VoxError, match="resample to 48000 Hz"):
        Denoise(44_100)
