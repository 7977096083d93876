"""The silence around spoken pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.speak.pauses import CLAUSE_S, LEAD_S, SENTENCE_S, WORD_S, pause_s, trimmed

RATE_HZ = 1_000


def padded(before: int, loud: int, after: int) -> np.ndarray:
    return np.concatenate([np.zeros(before), np.full(loud, 0.5), np.zeros(after)]).astype(np.float32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So it is. ", SENTENCE_S),
        ('"Really?"', SENTENCE_S),
        ("Well, ", CLAUSE_S),
        ("as he ", WORD_S),
        ("", WORD_S),
    ],
)
def test_a_speaker_pauses_as_the_marks_ask(text: str, expected: float) -> None:
    assert pause_s(text) == expected


def test_an_engines_padding_gives_way_to_the_pause_that_was_asked_for() -> None:
    (sound, rest) = trimmed([padded(300, 100, 450)], RATE_HZ, 0.12)
    assert len(sound) == 100 + LEAD_S * RATE_HZ
    assert len(rest) == 120


def test_a_pause_that_the_engine_leaves_out_is_made() -> None:
    assert sum(map(len, trimmed([padded(0, 100, 5)], RATE_HZ, 0.12))) == 220


def test_silence_alone_is_nothing() -> None:
    assert list(trimmed([padded(300, 0, 0)] * 3, RATE_HZ, 0.12)) == []


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 50), st.integers(0, 600)), max_size=5),
    st.floats(0, 0.3),
)
def test_everything_audible_stays_and_no_shared_silence_is_longer_than_a_sentences(
    plan: list[tuple[int, int, int]], after_s: float
) -> None:
    sounds = [padded(*lengths) for lengths in plan]
    out = np.concatenate([np.zeros(0), *trimmed(sounds, RATE_HZ, after_s)])
    assert int((out > 0).sum()) == sum(loud for _, loud, _ in plan)
    loud = np.flatnonzero(out)
    if len(loud):
        assert loud[0] <= LEAD_S * RATE_HZ
        assert len(out) - 1 - loud[-1] == round(after_s * RATE_HZ)
        assert np.diff(loud).max(initial=0) <= SENTENCE_S * RATE_HZ + 1
