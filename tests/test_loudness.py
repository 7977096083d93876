"""As loud as the speaker."""

import numpy as np
import pytest

import signals
from contract import StageContract, pushed, run
from voxhumana.audio.loudness import BOUND, Loudness
from voxhumana.audio.reblock import Fifo, Hops
from voxhumana.voice import Voice

RATE_HZ = 48_000


class Louder:
    """A converter that changes the level and is 30 ms late."""

    rate_hz, hop, latency = RATE_HZ, 480, 1440

    def __init__(self, gain):
        self.gain = np.float32(gain)

    def open(self, voice=None):
        held = Fifo()
        held.write(np.zeros(self.latency, np.float32))

        def step(block):
            held.write(block * self.gain)
            return held.read(len(block))

        return Hops(step, self.hop, self.latency)


class TestLoudness(StageContract):
    tolerance = 1e-6

    def make(self):
        return Loudness(Louder(2.0))


def decibels(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=float)))


@pytest.mark.parametrize("gain_db", [-10, 0, 6])
def test_the_output_is_as_loud_as_the_input(gain_db):
    speech = signals.speech(8.0, RATE_HZ)
    out = run(Loudness(Louder(10 ** (gain_db / 20))).open(), speech, 480)
    late = slice(5 * RATE_HZ, None)
    assert decibels(out[late][: len(speech[late])]) == pytest.approx(decibels(speech[late]), abs=1.0)


@pytest.mark.parametrize("gain_db", [-12, 6])
def test_a_voice_is_louder_or_quieter_than_its_speaker_if_it_wants_to(gain_db):
    speech = signals.speech(8.0, RATE_HZ)
    voice = Voice(name="v", title="V", character="", licence="", source="", gain_db=gain_db, engines={})
    out = run(Loudness(Louder(0.5)).open(voice), speech, 480)
    late = slice(5 * RATE_HZ, None)
    louder = decibels(out[late][: len(speech[late])]) - decibels(speech[late])
    assert louder == pytest.approx(gain_db, abs=1.0)


@pytest.mark.parametrize("gain_db", [-40, 40])
def test_the_gain_is_bounded(gain_db):
    stream = Loudness(Louder(10 ** (gain_db / 20))).open()
    run(stream, signals.speech(4.0, RATE_HZ), 480)
    assert max(stream.gain, 1 / stream.gain) == pytest.approx(BOUND)


def test_a_stage_that_keeps_the_level_is_left_alone():
    speech = signals.speech(2.0, RATE_HZ)
    out = run(Loudness(Louder(1.0)).open(), speech, 480)
    np.testing.assert_allclose(out[Louder.latency :], speech, atol=1e-6)


def test_noise_in_a_pause_is_not_pulled_up():
    stream = Loudness(Louder(0.5)).open()
    pushed(stream, signals.speech(4.0, RATE_HZ), 480)
    gain = stream.gain
    pushed(stream, signals.noise(4.0, RATE_HZ, rms=1e-3), 480)
    assert stream.gain == pytest.approx(gain, rel=0.1)


def test_the_gain_moves_without_a_click():
    tone = signals.sine(220, 4.0, RATE_HZ)
    out = run(Loudness(Louder(0.3)).open(), tone, 480)
    assert np.abs(np.diff(out[2000:])).max() < 1.05 * np.abs(np.diff(tone)).max()
