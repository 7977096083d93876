"""What is taken for the beginning of an S."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from voxhumana.bench import sounds
from voxhumana.listen.hiss import HOP, RATE_HZ, HissStream

RANDOM = np.random.default_rng(4)
ROOM = RANDOM.normal(0, 10 ** (-65 / 20), RATE_HZ).astype(np.float32)


def hiss(seconds: float, level: float = 0.02) -> np.ndarray:
    noise = RANDOM.normal(0, 1, round(seconds * RATE_HZ))
    sound = sosfilt(butter(4, 4_000, "high", fs=RATE_HZ, output="sos"), noise)
    return (sound * level / np.std(sound)).astype(np.float32)


def begun(*sounds: np.ndarray) -> list[float]:
    """When a hiss began, in seconds."""
    answers = [*HissStream().push(np.concatenate(sounds))]
    return [at * HOP / RATE_HZ for at in np.flatnonzero(answers)]


def test_a_hiss_is_heard_once_and_within_60_ms() -> None:
    (at,) = begun(ROOM, hiss(0.15), ROOM)
    assert 1.0 <= at <= 1.06


def test_a_hiss_that_goes_on_is_heard_once() -> None:
    assert len(begun(ROOM, hiss(10.0))) == 1


def test_a_hiss_that_was_there_before_is_none() -> None:
    assert begun(hiss(5.0)) == []


@pytest.mark.parametrize("make", [sounds.click, sounds.door, sounds.cough])
def test_other_sounds_are_none(make) -> None:
    assert begun(ROOM, make(np.random.default_rng(2)), ROOM) == []


def test_a_vowel_is_none() -> None:
    t = np.arange(RATE_HZ // 2) / RATE_HZ
    vowel = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 40))
    assert begun(ROOM, 0.1 * vowel.astype(np.float32), ROOM) == []


SOUND = np.concatenate([ROOM[:3_000], hiss(0.1), ROOM[:4_000], hiss(0.2), ROOM[:999]])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3_000), max_size=12))
def test_blocks_of_any_length_are_heard_alike(cuts: list[int]) -> None:
    stream = HissStream()
    answers = [hiss for part in np.split(SOUND, np.cumsum(cuts)) for hiss in stream.push(part)]
    assert answers == [*HissStream().push(SOUND)]
    assert sum(answers) == 2
