"""Who is cut off in a pause, with scripted ears."""

from collections.abc import Sequence

import numpy as np

from listening import CountingTranscriber, LoudDetector
from voxhumana.bench.pauses import cut_off
from voxhumana.dialogue import Message
from voxhumana.engine import Block


def words(count: int) -> Block:
    word = np.concatenate([np.zeros(1_280), 0.3 * np.sin(np.arange(3_840) / 8)])
    return np.tile(word, count).astype(np.float32)


def complete_from(count: int, messages: Sequence[Message]) -> float:
    return float(len(messages[-1].text.split()) >= count)


def tried(pause_s: float, complete: int) -> bool:
    pause = np.zeros(round(pause_s * 16_000), np.float32)
    sound = np.concatenate([words(2), pause, words(2)])
    return cut_off(
        sound, LoudDetector(), CountingTranscriber(), lambda messages: complete_from(complete, messages)
    )


def test_a_turn_that_ends_in_the_pause_is_a_cut_off() -> None:
    assert tried(0.5, complete=2)


def test_a_judge_that_waits_for_the_rest_cuts_nobody_off() -> None:
    assert not tried(0.7, complete=4)


def test_a_pause_shorter_than_any_patience_cuts_nobody_off() -> None:
    assert not tried(0.05, complete=1)
