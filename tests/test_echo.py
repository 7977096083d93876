import numpy as np
import pytest
from scipy.signal import fftconvolve, lfilter

from voxhumana.audio.echo import FRAME, EchoCanceller

RATE_HZ = 16_000


def speechlike(seconds: int, seed: int) -> np.ndarray:
    """Noise with the spectrum and the rhythm of speech, float32 [T] at 16 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(seconds * RATE_HZ) / RATE_HZ
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t + seed), 0, 1)
    noise = lfilter([1.0], [1.0, -0.9], rng.normal(0, 1, len(t)))
    return (0.05 * syllables * noise).astype(np.float32)


def room(seed: int) -> np.ndarray:
    """A response that comes 20 ms late and dies in 0.3 s."""
    rng = np.random.default_rng(seed)
    decay = np.exp(-np.arange(int(0.3 * RATE_HZ)) / (0.04 * RATE_HZ))
    return np.concatenate([np.zeros(320), rng.normal(0, 0.05, len(decay)) * decay, np.zeros(0)])


def power_db(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12)


@pytest.mark.parametrize("push", [160, 163, 256, 1_001])
def test_our_own_voice_is_taken_out_of_the_room(push: int) -> None:
    far = speechlike(12, 1)
    near = fftconvolve(far, room(2))[: len(far)].astype(np.float32)
    canceller = EchoCanceller()
    clean = np.concatenate(
        [canceller.push(near[at : at + push], far[at : at + push]) for at in range(0, len(far), push)]
    )
    assert len(clean) == len(far) // FRAME * FRAME
    late = slice(6 * RATE_HZ, None)
    assert power_db(near[late]) - power_db(clean[late]) > 15


def test_the_user_alone_is_left_as_they_are() -> None:
    near = speechlike(6, 3)
    clean = EchoCanceller().push(near, np.zeros_like(near))
    late = slice(2 * RATE_HZ, None)
    assert power_db(clean[late]) == pytest.approx(power_db(near[late]), abs=1.5)


def test_with_headphones_the_user_is_heard_over_the_reply() -> None:
    far, user = speechlike(6, 5), speechlike(2, 6)
    near = np.random.default_rng(7).normal(0, 1e-4, len(far)).astype(np.float32)
    near[4 * RATE_HZ :] += user
    canceller = EchoCanceller()
    clean = canceller.push(near, far)
    assert power_db(clean[4 * RATE_HZ :]) == pytest.approx(power_db(user), abs=1)
    assert canceller.alone


def test_in_a_room_the_reply_is_never_taken_for_alone() -> None:
    far = speechlike(6, 5)
    near = fftconvolve(far, room(3))[: len(far)].astype(np.float32) * np.float32(0.1)
    canceller = EchoCanceller()
    for at in range(0, len(far), RATE_HZ):
        canceller.push(near[at : at + RATE_HZ], far[at : at + RATE_HZ])
        assert not canceller.alone


@pytest.mark.parametrize("seed", [2, 8, 9])
def test_a_room_that_is_not_known_yet_is_silent_for_the_first_second_of_a_reply(seed: int) -> None:
    far = speechlike(2, 1)
    near = fftconvolve(far, room(seed))[: len(far)].astype(np.float32)
    clean = EchoCanceller().push(near, far)
    assert power_db(clean[:RATE_HZ]) < power_db(near[:RATE_HZ]) - 10


def test_a_reference_that_comes_late_holds_the_microphone_back_and_loses_nothing() -> None:
    canceller = EchoCanceller()
    sound = speechlike(1, 4)
    assert not len(canceller.push(sound, sound[:0]))
    assert len(canceller.push(sound[:0], np.zeros_like(sound))) == len(sound)
