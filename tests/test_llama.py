"""The embedded language model, with its real weights where the extra `llm` is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from voxhumana import config, registry
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError
from voxhumana.reply.llama import QWEN, Llama

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
    assert llama.complete([PERSONA, Message("user", whole)]) > 0.5
    assert llama.complete([PERSONA, Message("user", part)]) < 0.2


def test_a_file_that_is_no_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "not.gguf"
    with pytest.raises(VoxError, match="There is no model file"):
        registry.load_responder(config.Settings(llm=f"llama:{path}"))
    path.write_bytes(b"not a model")
    with pytest.raises(VoxError, match="cannot be loaded"):
        registry.load_responder(config.Settings(llm=f"llama:{path}"))
