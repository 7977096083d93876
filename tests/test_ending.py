import itertools

import pytest

from voxhumana.assistant.ending import HOPELESS, SURE, TOLD, by_words
from voxhumana.assistant.ending import judged as with_judge
from voxhumana.dialogue import Message


def judged(text: str) -> float:
    return by_words([Message("system", "Be kind."), Message("user", text)])


@pytest.mark.parametrize("text", ["What is the capital of France?", "Tell me a story.", "Stop!"])
def test_a_sentence_with_its_mark_is_probably_whole(text: str) -> None:
    assert judged(text) > 0.5


@pytest.mark.parametrize(
    "text", ["What is the", "I think that.", "And then...", "Well,", "", "Could you tell me who?"]
)
def test_a_sentence_that_hangs_in_the_air_is_not(text: str) -> None:
    assert judged(text) < 0.1


def test_a_sentence_that_asks_for_nothing_may_go_on() -> None:
    assert judged("I had a long day.") == TOLD


def test_words_without_a_mark_are_between() -> None:
    assert 0.1 < judged("tell me a story") < 0.5


@pytest.mark.parametrize("text", ["Stop.", "Yes!", "Thank you.", "Hello?"])
def test_a_word_that_is_a_message_needs_no_judge(text: str) -> None:
    assert judged(text) == 1.0
    assert with_judge(lambda _: 0.0)([Message("user", text)]) == 1.0


def test_the_surer_the_judge_the_more_complete_on_a_scale_from_hopeless_to_sure() -> None:
    chances = [0.0, HOPELESS, 0.01, 0.02, 0.04, 0.08, SURE, 1.0]
    sure = [with_judge(lambda _, chance=c: chance)([Message("user", "Tell me.")]) for c in chances]
    assert sure[:2] == [0.0, 0.0]
    assert sure[-2:] == [1.0, 1.0]
    assert all(a < b for a, b in itertools.pairwise(sure[1:-1]))


def test_a_statement_is_waited_for_unless_the_judge_is_very_sure_and_a_question_is_not() -> None:
    def sure(text: str, chance: float) -> float:
        return with_judge(lambda _: chance)([Message("user", text)])

    assert sure("How are you?", SURE) == 1.0
    assert [sure("I had a long day.", chance) for chance in (SURE, 0.6, 1.0)] == [TOLD, TOLD, 1.0]
    assert TOLD < sure("I had a long day.", 0.7) < 1.0
    assert sure("I had a", HOPELESS) == 0.0


def test_where_the_judge_cannot_tell_the_words_alone_do() -> None:
    for text in ("Tell me something about the history of T.", "Tell me about the", "I had a long day."):
        messages = [Message("user", text)]
        assert with_judge(lambda _: None)(messages) == by_words(messages)
