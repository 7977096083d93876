from pathlib import Path

import numpy as np
import pytest

from voxhumana.assistant.timing import TurnTiming
from voxhumana.audio.file import SoundWriter
from voxhumana.bench.talk import RATE_HZ, Asked, answered, paused, processing, recorded
from voxhumana.errors import VoxError

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


def test_a_recordings_last_syllable_is_before_the_room_after_it(tmp_path: Path) -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    room = np.random.default_rng(1).normal(0, 0.0005, 2 * RATE_HZ)
    room[:RATE_HZ] += 0.3 * np.sin(2 * np.pi * 200 * t)
    with SoundWriter(tmp_path / "why.wav", RATE_HZ) as file:
        file.write(room.astype(np.float32))
    (question,) = recorded(tmp_path)
    assert question.text == "why"
    assert question.last == pytest.approx(RATE_HZ, abs=RATE_HZ // 100)
    assert len(question.sound) == 2 * RATE_HZ


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoxError, match="no sound file"):
        recorded(tmp_path)


def test_parts_are_joined_by_their_pause() -> None:
    part = np.ones(480, np.float32)
    sound = paused([part, part], 0.01)
    assert sound.tolist() == [1.0] * 480 + [0.0] * 480 + [1.0] * 480


def test_processing_runs_from_decision_to_first_sound() -> None:
    timings = [TurnTiming(decision=16_000, first_sound=16_000 + 16 * ms) for ms in (20, 40, 60)]
    assert processing(timings)["p50_ms"] == pytest.approx(40)
    assert processing([TurnTiming(decision=1)]) is None
