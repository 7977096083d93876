"""Speech passes, breath and fans do not, and nothing clicks."""

import numpy as np
import pytest
from scipy.signal import butter, lfilter

import signals
from contract import StageContract, blocks_of, pushed, run
from voxhumana.audio.gate import OFF_DB, Gate

RATE_HZ = 48_000


class TestGate(StageContract):
    tolerance = 1e-6  # fades are cut where blocks are

    def make(self):
        return Gate(RATE_HZ, -55)


def opened(x, threshold_db=-55):
    """The share of the samples of `x` that pass."""
    return np.mean(run(Gate(RATE_HZ, threshold_db).open(), x, 256) != 0)


def noise_of(level_db, low_hz, high_hz, seconds=4.0):
    x = lfilter(*butter(2, (low_hz, high_hz), "bandpass", fs=RATE_HZ), signals.noise(seconds, RATE_HZ))
    return (x / x.std() * 10 ** (level_db / 20)).astype(np.float32)


def test_speech_passes_unchanged_once_open():
    speech = signals.speech(4.0, RATE_HZ)
    out = run(Gate(RATE_HZ, -55).open(), speech, 256)
    assert np.sum((out - speech) ** 2) < 0.001 * np.sum(speech**2)
    assert np.mean(out == speech) > 0.9


def test_quiet_speech_passes():
    speech = signals.speech(4.0, RATE_HZ) * np.float32(0.1)
    out = run(Gate(RATE_HZ, -55).open(), speech, 256)
    assert np.sum((out - speech) ** 2) < 0.02 * np.sum(speech**2)


def test_breath_does_not_pass():
    breath = noise_of(-45, 1000, 5000) * np.hanning(4 * RATE_HZ).astype(np.float32)
    assert opened(breath) == 0


@pytest.mark.parametrize("level_db", [-60, -55, -50, -46])
def test_a_fan_does_not_pass_once_it_is_known(level_db):
    fan = noise_of(level_db, 50, 2000, seconds=8)
    out = run(Gate(RATE_HZ, -55).open(), fan, 256)
    assert np.abs(out[2 * RATE_HZ :]).max() == 0


def test_speech_over_a_fan_passes():
    fan, speech = noise_of(-50, 50, 2000, seconds=8), signals.speech(4.0, RATE_HZ)
    out = run(Gate(RATE_HZ, -55).open(), np.concatenate([fan, fan[: len(speech)] + speech]), 256)[len(fan) :]
    assert np.sum((out - speech - fan[: len(speech)]) ** 2) < 0.01 * np.sum(speech**2)


def test_a_long_note_is_not_taken_for_a_fan():
    assert opened(signals.sine(220, 10, RATE_HZ, peak=0.1)) > 0.999


def test_a_level_on_the_threshold_does_not_chatter():
    wavering = noise_of(-55, 100, 600, seconds=1.4)  # before the floor is known
    stream = Gate(RATE_HZ, -55).open()
    is_open = [bool(pushed(stream, block).any()) for block in blocks_of(wavering, 48)]
    assert np.sum(np.diff(is_open)) <= 2


def test_it_opens_and_closes_without_a_click():
    tone = signals.sine(220, 1.0, RATE_HZ)
    tone[:4800] = tone[24_000:] = 0
    out = run(Gate(RATE_HZ, -55).open(), tone * np.float32(0.02) + signals.sine(220, 1.0, RATE_HZ, 0.02), 256)
    assert np.abs(np.diff(out)).max() < 1.1 * 0.03 * 2 * np.pi * 220 / RATE_HZ


def test_the_end_of_a_word_is_held_and_faded():
    burst = signals.sine(220, 0.6, RATE_HZ)
    burst[9600:] *= np.float32(1e-4)
    out = run(Gate(RATE_HZ, -55).open(), burst, 256)
    held = slice(9600, 9600 + 9600)  # 200 ms
    np.testing.assert_array_equal(out[held], burst[held])
    assert np.abs(out[9600 + 16_800 :]).max() == 0  # and 60 ms for the level's fall, 60 ms for the fade


def test_off_means_that_everything_passes_bit_for_bit():
    faint = noise_of(-100, 50, 2000, seconds=1)
    np.testing.assert_array_equal(run(Gate(RATE_HZ, OFF_DB).open(), faint, 256), faint)


def test_the_threshold_may_be_turned_while_running():
    stream, tone = Gate(RATE_HZ, -20).open(), signals.sine(220, 1.0, RATE_HZ, peak=0.05)
    assert np.abs(pushed(stream, tone, 256)).max() == 0
    stream.threshold_db = -40
    assert np.abs(pushed(stream, tone, 256)).max() > 0.049
