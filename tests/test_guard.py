"""What is not sound does no harm."""

import numpy as np

import signals
from contract import StageContract, pushed, run
from voxhumana.audio.guard import Guard


class TestGuard(StageContract):
    def make(self):
        return Guard(16_000)

    def test_sound_passes_bit_for_bit(self, sound, whole):
        np.testing.assert_array_equal(whole, sound)


def test_what_is_not_sound_becomes_sound_and_is_counted():
    stream = Guard(16_000).open()
    out = pushed(stream, np.array([0.5, np.nan, np.inf, -np.inf, -7, 1], np.float32))
    assert out.tolist() == [0.5, 0, 1, -1, -1, 1]
    assert (stream.nans, stream.clipped) == (1, 3)


def test_sound_after_it_is_untouched():
    stream, sound = Guard(16_000).open(), signals.speech(0.1, 16_000)
    pushed(stream, np.full(480, np.nan, np.float32))
    np.testing.assert_array_equal(run(stream, sound, 480), sound)
