"""The ear that judges calls hears damage, and forgives time."""

import numpy as np
import pytest

pytest.importorskip("jiwer", reason="make test-real installs it")
import signals
from judge import window_correlation

RATE_HZ = 48_000
SPEECH = signals.speech(6.0, RATE_HZ)


def embedded(*pieces):
    return np.concatenate([np.zeros(30_000, np.float32), *pieces, np.zeros(60_000, np.float32)])


def test_the_same_sound_later_is_the_same_sound():
    assert window_correlation(SPEECH, embedded(SPEECH), RATE_HZ) > 0.99


def test_gaps_between_windows_are_forgiven_however_they_add_up():
    seconds = np.split(SPEECH, range(RATE_HZ, len(SPEECH), RATE_HZ))
    gap = np.zeros(9_600, np.float32)
    heard = embedded(*(part for second in seconds for part in (second, gap)))
    assert window_correlation(SPEECH, heard, RATE_HZ) > 0.98


def test_damage_within_windows_is_not_forgiven():
    heard = embedded(SPEECH)
    for start in range(0, len(heard), 4800):
        heard[start : start + 480] = 0
    assert window_correlation(SPEECH, heard, RATE_HZ) < 0.96


def test_another_sound_is_another_sound():
    assert window_correlation(SPEECH, embedded(signals.speech(6.0, RATE_HZ, seed=5)), RATE_HZ) < 0.6
