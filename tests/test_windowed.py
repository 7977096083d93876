"""Networks that are not causal keep the contract in windows, and declare how late that makes them."""

import numpy as np
import pytest

import signals
from contract import StageContract, run
from voxhumana.convert import mels, packing
from voxhumana.convert.hush import Hush
from voxhumana.convert.windowed import WindowedStream, Windows
from voxhumana.errors import VoxError

RATE = 16_000


class Stand:
    """A whole-utterance network that happens to give back what it hears."""

    rate_hz = RATE

    def __init__(self):
        self.windows = Windows(RATE, 160, past_s=0.1, hop_s=0.2, ahead_s=0.05)
        self.hop, self.latency = self.windows.hop, self.windows.latency

    def open(self, voice=None):
        return WindowedStream(self.windows, lambda window: window)


class TestWindowed(StageContract):
    memory = 4 << 20
    tolerance = 1e-6

    def make(self):
        return Stand()


def test_what_is_given_back_is_what_was_said():
    sound = signals.speech(2.0, RATE)
    stage = Stand()
    out = run(stage.open(), sound, 333)[stage.latency :]
    assert np.corrcoef(out, sound)[0, 1] > 0.999


def test_a_humming_network_is_hushed_where_nothing_is_said():
    windows = Windows(RATE, 160, 0.1, 0.2, 0.05)
    stream = WindowedStream(windows, lambda window: window + np.float32(0.1))
    sound = np.concatenate([np.zeros(RATE, np.float32), signals.noise(1.0, RATE, rms=0.1)])
    out = run(stream, sound)[windows.latency :]
    assert np.abs(out[: RATE - 400]).max() < 1e-6
    assert np.abs(out[RATE:].mean() - 0.1) < 0.02


def test_not_a_number_is_silence():
    windows = Windows(RATE, 160, 0.1, 0.2, 0.05)
    stream = WindowedStream(windows, lambda window: np.full(len(window), np.nan))
    assert np.isfinite(run(stream, signals.noise(1.0, RATE, rms=0.1))).all()


def test_a_hush_lets_sound_through_untouched():
    hush = Hush(RATE, 160, 320)
    for _ in range(20):
        gain = hush.hear(signals.noise(0.01, RATE, rms=0.1))
    np.testing.assert_array_equal(gain, np.ones(160, np.float32))


def test_a_packed_vector_is_read_again_and_a_spoilt_one_refused():
    values = np.linspace(-1, 1, 256).astype(np.float32)
    np.testing.assert_allclose(packing.unpack(packing.pack(values), "x"), values, atol=1e-3)
    for spoilt in ("", "!!", "abc", packing.pack(np.array([np.nan], np.float32))):
        with pytest.raises(VoxError, match="learn it again"):
            packing.unpack(spoilt, "x")


@pytest.mark.parametrize("front", [mels.HIFIGAN, mels.VOCOS, mels.AUTOVC, mels.FRAGMENTVC, mels.OPENVOICE])
def test_a_front_end_gives_a_frame_a_hop(front):
    sound = signals.speech(1.0, front.rate_hz)
    frames = front.magnitudes(sound)
    count = len(sound) // front.hop + (front.pad == "centre")
    assert abs(len(frames) - count) <= 1
    assert frames.shape[1] == (front.bands or front.fft // 2 + 1)
    assert (frames >= 0).all()
