"""The end of a turn, judged by ear, with the real weights."""

import hashlib

import numpy as np
import pytest
import soxr

from voxhumana import registry
from voxhumana.listen import smart_turn
from voxhumana.listen.smart_turn import SmartTurn


@pytest.fixture(scope="module")
def judge() -> SmartTurn:
    return SmartTurn()


def spoken(text: str) -> np.ndarray:
    """Hibari's voice, its noise seeded, and 0.2 s of silence: float32 [T] at 16 kHz."""
    speaker = registry.load_speaker("hibari")
    sound = soxr.resample(np.concatenate(list(speaker.open().push(text))), speaker.rate_hz, 16_000)
    return np.concatenate([sound, np.zeros(3_200, np.float32)])


@pytest.mark.models
def test_a_whole_question_is_told_from_a_sentence_that_goes_on(judge: SmartTurn) -> None:
    assert judge.complete(spoken("What is the capital of France?")) > 0.9
    assert judge.complete(spoken("I went to the shop and")) < 0.1


@pytest.mark.models
def test_of_a_long_turn_only_the_last_eight_seconds_are_heard(judge: SmartTurn) -> None:
    end = spoken("What is the capital of France? I have wondered about that for many years, and never knew.")
    end = np.concatenate([end] * 3)[-8 * judge.rate_hz :]
    noise = np.random.default_rng(1).normal(0, 0.3, 80_000).astype(np.float32)
    assert judge.complete(np.concatenate([noise, end])) == pytest.approx(judge.complete(end), abs=1e-6)


@pytest.mark.models
@pytest.mark.parametrize("length", [0, 1, 127_999, 128_001])
def test_silence_of_any_length_is_judged_without_a_fuss(judge: SmartTurn, length: int) -> None:
    assert 0 <= judge.complete(np.zeros(length, np.float32)) <= 1


def test_the_weights_are_the_ones_of_the_notice() -> None:
    notice = (smart_turn.MODEL.parent / "NOTICE.md").read_text(encoding="utf-8")
    assert hashlib.sha256(smart_turn.MODEL.read_bytes()).hexdigest() in notice
    assert "Redistribution and use in source and binary forms" in notice
