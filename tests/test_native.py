"""The native converter: the contract with the shipped weights, and what it promises of pitch and silence."""

import numpy as np
import pytest

from contract import StageContract, delay_by_envelope
from voxhumana.convert.native import Loudness, Native
from voxhumana.convert.source import SourceFilter
from voxhumana.convert.timbre import Timbre
from voxhumana.errors import VoxError
from voxhumana.voice import Voice


def voice(f0_hz=120.0):
    colour = np.concatenate([np.linspace(1.5, -2, 80), np.full(80, 1.3)]).astype(np.float32)
    timbre = Timbre(np.full(256, 1 / 16, np.float32), colour, f0_hz)
    return Voice(
        name="x",
        title="X",
        character="x",
        licence="CC0-1.0",
        source="x",
        engines={"native": {"timbre": str(timbre)}},
    )


@pytest.mark.models
class TestNative(StageContract):
    measure = staticmethod(delay_by_envelope)
    latency_tolerance = Native.rate_hz // 100
    voice = voice()

    def make(self):
        return Native()


@pytest.mark.models
def test_a_voice_without_a_timbre_is_refused():
    with pytest.raises(VoxError, match="timbre"):
        Native().open(None)


def test_a_timbre_reads_what_it_wrote():
    timbre = Timbre.parse(voice().engines["native"]["timbre"])
    assert Timbre.parse(str(timbre)).f0_hz == timbre.f0_hz == 120


def test_a_flat_filter_gives_pulses_and_noise_of_unit_power():
    envelopes = np.zeros((2, 80), np.float32)
    for silent in (0, 1):
        one = envelopes.copy()
        one[silent] = -20
        source = SourceFilter()
        sound = np.concatenate([source.render(one, 150.0, 1.0) for _ in range(100)])
        assert np.sqrt(np.mean(sound[2400:] ** 2)) == pytest.approx(1, rel=0.15)


def test_the_level_follows_speech_and_not_its_pauses():
    level = Loudness()
    for _ in range(600):
        level.follow(np.log(np.array([0.02, 0.02], np.float32)))
    assert np.exp(level.value) == pytest.approx(0.02, rel=0.1)
    before = level.value
    for _ in range(50):
        level.follow(np.full(2, -12, np.float32))
    assert level.value == before
