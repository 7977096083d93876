"""Settings of a conversation: each wrong one is refused in one sentence, and the memory ceiling is real."""

from pathlib import Path

import pytest

from voxhumana import config, registry
from voxhumana.ceiling import Ceiling
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("speculation", "perhaps", "boolean"),
        ("echo", "loud", "boolean"),
        ("memory", "some", "boolean"),
        ("ending", "smart", "'model' or 'words'"),
        ("llm_threads", "0", "greater than or equal to 1"),
        ("speech_threads", "many", "integer"),
        ("memory_mb", "10", "greater than or equal to 256"),
        ("reply_tokens", "-1", "greater than or equal to 1"),
        ("device", "tpu", "'auto', 'cpu', 'cuda' or 'mps'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_one_sentence(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"{name}: {value}\n")
    with pytest.raises(UsageError, match=f"The setting '{name}' cannot be") as refused:
        config.load(file)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["stt", "llm", "tts"])
def test_an_engine_that_is_not_there_is_refused_with_those_that_are(kind: str) -> None:
    with pytest.raises(UsageError, match=r"There is no .* called 'parrot'; choose one of: "):
        registry.check_talk(Settings(**{kind: "parrot"}))


def test_threads_reach_the_engines_that_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Engine:
        def __init__(self, model: str = "", **more: object) -> None:
            asked.append(more)

    monkeypatch.setattr(registry, "_find", lambda *_: Engine)
    registry.load_transcriber("whisper:base", 3)
    registry.load_transcriber("moonshine", 3)
    registry.load_speaker("kokoro", "auto", 4)
    registry.load_speaker("xtts", "cpu", 4)
    assert asked == [{"threads": 3}, {}, {"threads": 4}, {"device": "cpu"}]


def test_without_a_ceiling_everything_fits() -> None:
    assert Ceiling(None).fits(1e9)
    Ceiling(None).check("a whale", 1e9)


def test_what_would_be_larger_than_the_ceiling_is_refused_with_numbers() -> None:
    ceiling = Ceiling(100_000)
    assert ceiling.fits(10)
    with pytest.raises(
        VoxError, match=r"With a whale .* 2\d\d,\d\d\d MB, more than the 100,000 MB .*memory_mb"
    ):
        ceiling.check("a whale", 200_000)


@pytest.mark.parametrize(
    ("room_mb", "context", "plain"),
    [(None, 4_096, False), (2_400, 4_096, False), (1_400, 4_096, True), (1_200, 2_048, True), (900, 0, True)],
)
def test_the_embedded_model_takes_what_room_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room_mb: int | None, context: int, plain: bool
) -> None:
    llama = pytest.importorskip("voxhumana.reply.llama")
    monkeypatch.setattr("voxhumana.ceiling._resident_mb", lambda: 300.0)
    path = tmp_path / "model.gguf"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # a hole: no room is taken
    ceiling = Ceiling(None if room_mb is None else room_mb + 300)
    if context:
        assert llama._within(ceiling, path) == (context, plain)
    else:
        with pytest.raises(VoxError, match=r"With the language model model\.gguf"):
            llama._within(ceiling, path)


def test_each_of_several_seats_has_the_least_context(tmp_path: Path) -> None:
    llama = pytest.importorskip("voxhumana.reply.llama")
    path = tmp_path / "model.gguf"
    path.write_bytes(b"")
    assert llama._within(Ceiling(None), path, seats=4) == (4 * 2_048, False)
