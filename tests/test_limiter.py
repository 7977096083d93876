"""Never above -1 dBFS, nothing changed below."""

import numpy as np
import pytest

import signals
from contract import StageContract, run
from voxhumana.audio.limiter import CEILING, Limiter

RATE_HZ = 48_000


class TestLimiter(StageContract):
    tolerance = 1e-6  # a mean of ones is 1 but for its last bit

    def make(self):
        return Limiter(RATE_HZ)

    def test_what_is_below_the_ceiling_passes_bit_for_bit(self, stage, sound, whole):
        np.testing.assert_array_equal(whole[stage.latency :], sound)


class TestLimiterAtWork(StageContract):
    """The same contract, where it has to turn down."""

    tolerance = 1e-6

    @pytest.fixture(scope="class")
    @classmethod
    def sound(cls):
        return 8 * signals.speech(cls.seconds, RATE_HZ)

    def make(self):
        return Limiter(RATE_HZ)

    def test_nothing_is_ever_above_the_ceiling(self, whole):
        assert np.abs(whole).max() <= CEILING + 1e-6


@pytest.mark.parametrize("peak", [1.0, 4.0, 1e6])
def test_a_single_peak_is_met_in_time(peak):
    x = np.zeros(4800, np.float32)
    x[2000] = peak
    out = run(Limiter(RATE_HZ).open(), x, 256)
    assert np.abs(out).max() == pytest.approx(CEILING, rel=1e-6)


def test_a_steady_tone_that_is_too_loud_stays_a_tone():
    x = signals.sine(100, 2.0, RATE_HZ, peak=2.0)
    out = run(Limiter(RATE_HZ).open(), x, 256)[RATE_HZ : 2 * RATE_HZ]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    tone = spectrum[95:106].copy()
    spectrum[95:106] = 0
    assert np.linalg.norm(spectrum) < 0.01 * np.linalg.norm(tone)  # total distortion below 1 %
