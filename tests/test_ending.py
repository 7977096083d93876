import pytest

from voxhumana.assistant.ending import by_words
from voxhumana.dialogue import Message


def judged(text: str) -> float:
    return by_words([Message("system", "Be kind."), Message("user", text)])


@pytest.mark.parametrize("text", ["What is the capital of France?", "I had a long day.", "Stop!"])
def test_a_sentence_with_its_mark_is_probably_whole(text: str) -> None:
    assert judged(text) > 0.5


@pytest.mark.parametrize(
    "text", ["What is the", "I think that.", "And then...", "Well,", "", "Could you tell me who?"]
)
def test_a_sentence_that_hangs_in_the_air_is_not(text: str) -> None:
    assert judged(text) < 0.1


def test_words_without_a_mark_are_between() -> None:
    assert 0.1 < judged("tell me a story") < 0.5
