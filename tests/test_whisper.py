"""Whisper by itself: what it does when it goes round in a circle."""

from types import SimpleNamespace

import numpy as np
import pytest

from voxhumana.listen.whisper import NO_REPEAT, Whisper

pytestmark = pytest.mark.models


class Dizzy:
    """A decoder that says one thing, and another when it must not repeat itself."""

    def __init__(self, whisper: Whisper, first: str, then: str) -> None:
        tokens = whisper._tokens
        self.said = [[tokens.timestamp_begin, *tokens.encode(text)] for text in (first, then)]
        self.forbidden: list[int] = []

    def generate(self, *_: object, no_repeat_ngram_size: int, **__: object) -> list[SimpleNamespace]:
        ids = self.said[len(self.forbidden)]
        self.forbidden.append(no_repeat_ngram_size)
        return [SimpleNamespace(no_speech_prob=0.0, scores=[-0.1], sequences_ids=[ids])]


@pytest.mark.parametrize(
    ("first", "understood", "forbidden"),
    [
        (" In June 1848" + " New York" * 11, "In June 1848 it began.", [0, NO_REPEAT]),
        (" No, no, no, no, not that one.", "No, no, no, no, not that one.", [0]),
        (
            " Tea is on the stove." * 4,
            "Tea is on the stove. Tea is on the stove. Tea is on the stove. Tea is on the stove.",
            [0],
        ),
    ],
)
def test_words_that_go_round_in_a_circle_are_heard_again_without_repeating(
    first: str, understood: str, forbidden: list[int]
) -> None:
    whisper = Whisper("base")
    whisper._model.model = dizzy = Dizzy(whisper, first, " In June 1848 it began.")
    assert whisper.transcribe(np.zeros(48_000, np.float32)) == understood
    assert dizzy.forbidden == forbidden
