"""The embedded language model, with its real weights where the extra `llm` is installed."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from voxhumana import config, registry
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError
from voxhumana.reply.llama import QWEN, Llama, end

PERSONA = Message("system", "You are a friend. Answer in one short spoken sentence.")


@pytest.fixture(scope="module")
def llama() -> Iterator[Llama]:
    try:
        QWEN.paths()
    except VoxError as missing:
        pytest.skip(str(missing))
    mind = registry.load_responder(config.load())
    assert isinstance(mind, Llama)
    yield mind
    mind.close()
    mind.close()


@pytest.mark.models
def test_a_question_is_answered(llama: Llama) -> None:
    assert "Paris" in "".join(llama.reply([PERSONA, Message("user", "What is the capital of France?")]))


@pytest.mark.models
def test_a_reply_that_nobody_wants_any_more_does_not_hold_up_the_next(llama: Llama) -> None:
    story = llama.reply([PERSONA, Message("user", "Tell me the longest story that you know.")])
    next(story)
    story.close()
    assert "".join(llama.reply([PERSONA, Message("user", "Say yes.")]))


@pytest.mark.models
@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("What is the capital of France?", "What is the capital."),
        ("How many legs does a spider have?", "How many legs does a"),
        ("Tell me something about tea.", "Tell me something about."),
    ],
)
def test_a_whole_question_is_told_from_its_beginning(llama: Llama, whole: str, part: str) -> None:
    complete, beginning = (llama.complete([PERSONA, Message("user", text)]) for text in (whole, part))
    assert complete is not None
    assert beginning is not None
    assert complete > 0.5
    assert beginning < 0.01


@pytest.mark.models
def test_a_word_that_the_model_would_go_on_with_is_not_judged(llama: Llama) -> None:
    assert llama.complete([PERSONA, Message("user", "Tell me something about the history of T.")]) is None


@pytest.mark.models
def test_what_is_left_of_a_conversation_is_not_read_anew_when_its_older_half_is_dropped(
    llama: Llama, monkeypatch: pytest.MonkeyPatch
) -> None:
    animals = ("cats", "horses", "owls", "whales", "ants", "frogs", "swans", "goats")
    said = [
        message
        for animal in animals
        for message in (
            Message("user", f"Tell me something about {animal}."),
            Message("assistant", f"I once met some {animal} behind the old mill, and they were kind to me."),
        )
    ]
    llama.complete([PERSONA, *said, Message("user", "Thank you.")])
    read: list[int] = []
    handle = llama._server.handle_completions

    def counted(body):
        answer = handle(body)
        read.append(answer["timings"]["prompt_n"])
        return answer

    monkeypatch.setattr(llama, "_server", SimpleNamespace(handle_completions=counted))
    llama.complete([PERSONA, *said[8:], Message("user", "Thank you.")])
    llama.complete([PERSONA, *said[8:], Message("user", "What about dogs?")])
    assert read[0] < 30  # of some 150 tokens
    assert read[1] < 10


def test_an_end_is_what_closes_a_message_and_not_what_goes_on_with_its_word() -> None:
    assert end([("?", 0.4), (".\n", 0.2), ("", 0.1), (" in", 0.2), (",", 0.1)]) == pytest.approx(0.7)
    assert end([("esla", 0.3), ("-shirt", 0.3), ("?", 0.2), (" and", 0.2)]) is None
    assert end([(" between", 0.9), ("'s", 0.1)]) == 0.0


def test_a_file_that_is_no_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "not.gguf"
    with pytest.raises(VoxError, match="There is no model file"):
        registry.load_responder(config.Settings(llm=f"llama:{path}"))
    path.write_bytes(b"not a model")
    with pytest.raises(VoxError, match="cannot be loaded"):
        registry.load_responder(config.Settings(llm=f"llama:{path}"))
