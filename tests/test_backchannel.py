import pytest

from voxhumana.assistant.backchannel import is_backchannel, is_order


@pytest.mark.parametrize(
    "text",
    ["Mm-hmm.", "Yeah, right.", "Uh-huh", "OK.", "Mhm...", "", " ... ", "Oh, wow!", "I see.", "Of course"],
)
def test_words_that_only_listen_do_not_ask_for_the_turn(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["Stop.", "No!", "Wait, right there.", "Okay, but why?", "What?"])
def test_words_that_say_something_do(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["Stop!", "Wait, right there.", "Don\u2019t.", "What?", "Okay, but why?"])
def test_an_order_asks_for_the_turn_by_one_word(text: str) -> None:
    assert is_order(text)


@pytest.mark.parametrize("text", ["her mother", "MAMO", "Hamil.", "I'm not.", "Hi.", "him", ""])
def test_what_a_recogniser_takes_a_hum_for_is_no_order(text: str) -> None:
    assert not is_order(text)
