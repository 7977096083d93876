import pytest

from voxhumana.assistant.backchannel import is_backchannel


@pytest.mark.parametrize(
    "text", ["Mm-hmm.", "Yeah, right.", "Uh-huh", "OK.", "Mhm...", "", " ... ", "Oh, wow!"]
)
def test_words_that_only_listen_do_not_ask_for_the_turn(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["Stop.", "No!", "Wait, right there.", "Okay, but why?", "What?"])
def test_words_that_say_something_do(text: str) -> None:
    assert not is_backchannel(text)
