import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import LoudDetector
from voxhumana.listen.utterance import Utterance, UtteranceStream

RATE_HZ = 16_000
LONGEST = 5 * RATE_HZ


def tone(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def cut(sound: np.ndarray, push: int = 4_000) -> list[Utterance]:
    stream = UtteranceStream(LoudDetector(), LONGEST)
    found = [u for at in range(0, len(sound), push) for u in stream.push(sound[at : at + push])]
    return [*found, *stream.flush()]


def test_silence_holds_no_utterance() -> None:
    assert cut(silence(3)) == []


def test_a_click_is_no_utterance() -> None:
    assert cut(np.concatenate([silence(1), tone(0.05), silence(2)])) == []


def test_a_short_pause_stays_inside_and_a_long_one_separates() -> None:
    found = cut(
        np.concatenate([silence(1), tone(1), silence(0.7), tone(1), silence(1.5), tone(1), silence(1)])
    )
    assert [round(u.start / RATE_HZ, 1) for u in found] == [0.8, 5.0]
    assert [round(len(u.sound) / RATE_HZ, 1) for u in found] == [3.1, 1.4]


def test_an_utterance_that_the_end_cuts_off_is_not_lost() -> None:
    (only,) = cut(np.concatenate([silence(1), tone(1)]))
    assert only.start + len(only.sound) == 2 * RATE_HZ


def test_speech_without_a_pause_is_cut_where_it_is_softest_and_nothing_is_lost() -> None:
    softer = silence(0.1)
    sound = np.concatenate([tone(4.5), softer, tone(4.6), softer, tone(3)])
    found = cut(sound)
    assert len(found) == 3
    assert all(len(u.sound) <= LONGEST for u in found)
    joined = np.concatenate([u.sound for u in found])
    assert np.array_equal(joined, sound)


@pytest.mark.parametrize("push", [1_000, 1_001, 40_000])
def test_the_cuts_do_not_depend_on_how_the_sound_arrives(push: int) -> None:
    sound = np.concatenate([silence(0.7), tone(1.1), silence(0.9), tone(7), silence(0.2), tone(0.4)])
    expected = cut(sound, 512)
    found = cut(sound, push)
    assert [u.start for u in found] == [u.start for u in expected]
    # the last one ends where its pause was heard to be long enough
    assert all(np.array_equal(a.sound, b.sound) for a, b in zip(found, expected, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 6.0)), max_size=8))
def test_utterances_come_in_order_within_bounds_and_hold_their_own_sound(
    plan: list[tuple[bool, float]],
) -> None:
    parts = [tone(s) if speaks else silence(s) for speaks, s in plan]
    sound = np.concatenate([silence(0.1), *parts])
    before = 0
    for u in cut(sound):
        assert u.start >= before
        assert 0 < len(u.sound) <= LONGEST
        assert np.array_equal(sound[u.start : u.start + len(u.sound)], u.sound)
        before = u.start + len(u.sound)
