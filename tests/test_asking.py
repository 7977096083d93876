import pytest

from voxhumana.assistant.asking import asks


@pytest.mark.parametrize(
    "text",
    [
        "What time is it",
        "Why is the sky blue?",
        "You like tea?",
        "Well, could you help me.",
        "Please sing me a song.",
        "Tell me about the moon.",
        "I would like to know how old you are.",
        "It is cold. Let\u2019s go inside.",
        "Isn't that strange",
        "My dog barks all night, what should I do.",
        "Good evening, my friend.",
    ],
)
def test_questions_requests_and_greetings_ask(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "My sister moved to Spain.",
        "When I was a child",
        "Where the road ends, there is a house.",
        "What a lovely day!",
        "On Saturday morning",
        "I need a new coat.",
        "So the train was late again.",
        "Okay.",
        "",
        "...",
    ],
)
def test_what_only_tells_does_not(text: str) -> None:
    assert not asks(text)
