import numpy as np
import pytest

from voxhumana.bench.talk import RATE_HZ, Asked, answered

ASKED = Asked("What is it?", start=RATE_HZ, end=2 * RATE_HZ, pause_s=0.0)


def loud(*spans_s: tuple[float, float]) -> np.ndarray:
    out = np.zeros(12 * RATE_HZ, bool)
    for start, end in spans_s:
        out[round(start * RATE_HZ) : round(end * RATE_HZ)] = True
    return out


def test_delay_runs_from_the_last_syllable_to_the_first_sound() -> None:
    found = answered(ASKED, loud((2.35, 3)))
    assert found.delay_ms == pytest.approx(350, abs=0.1)
    assert not found.cut_off


def test_an_answer_inside_the_question_is_a_false_cut_off() -> None:
    assert answered(ASKED, loud((1.7, 3))).cut_off


def test_the_end_of_the_answer_before_is_no_cut_off() -> None:
    assert not answered(ASKED, loud((0, 1.2), (2.4, 3))).cut_off


def test_no_answer_has_no_delay() -> None:
    assert answered(ASKED, loud()).delay_ms is None
