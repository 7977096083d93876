"""XTTS through its real library, on a tiny random model: the words are nothing, the path is the real one."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import signals
import tiny_xtts
from voxhumana import registry
from voxhumana.audio.file import SoundWriter
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.models import filing
from voxhumana.library.models.store import Store
from voxhumana.voice import Voice

pytestmark = [
    pytest.mark.torch,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs, dozens
    pytest.mark.timeout(600),
]
pytest.importorskip("TTS", reason="needs the extra xtts, in a venv of its own: make test-torch")

TEXT = "Hello there. This is a letter."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("xtts")
    tiny_xtts.write(path, speakers=True)
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "reference.flac"
    with SoundWriter(path, 24_000) as file:
        file.write(signals.speech(3.0, 24_000))
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from voxhumana.speak import xtts

    monkeypatch.setattr(xtts.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "voxhumana" / "xtts"


@pytest.fixture(scope="module")
def engine(folder: Path) -> Any:
    return registry.load_speaker(f"xtts:@{folder}", "cpu")


def clone(recording: Path, language: str = "en") -> Voice:
    return Voice(
        name="clone",
        title="Clone",
        character="Brief.",
        licence="CC0-1.0",
        source="a test",
        language=language,
        engines={"dsp": {}},
        folder=recording.parent,
    )


def test_a_model_that_was_added_speaks_by_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings pickled as classes, as in the released weights; and the file stays what it was."""
    import torch
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models import xtts

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    whole = tmp_path / "mine"
    whole.mkdir()
    for path in folder.iterdir():
        (whole / path.name).write_bytes(path.read_bytes())
    held = torch.load(folder / "model.pth", weights_only=True)
    with xtts._legacy_safe_globals():
        torch.save(held | {"config": XttsConfig()}, whole / "model.pth")
    filing.add(whole, filing.known(whole), Store(tmp_path / "data"))
    for _ in range(2):
        assert next(registry.load_speaker("xtts@mine", "cpu").open().push(TEXT)).size


def test_sound_comes_while_the_sentence_is_still_being_made(engine: Any) -> None:
    blocks = list(engine.open().push(TEXT))
    assert len(blocks) >= 2
    assert all(b.dtype == np.float32 and b.ndim == 1 and len(b) for b in blocks)
    assert np.isfinite(np.concatenate(blocks)).all()
    assert list(engine.open().push(" ... ")) == []


def test_a_reply_that_nobody_wants_any_more_is_stopped_and_the_next_is_spoken(engine: Any) -> None:
    stream = engine.open()
    speech = stream.push(TEXT)
    next(speech)
    speech.close()
    assert next(stream.push(TEXT)).size


def test_what_was_heard_of_a_speaker_is_kept_and_used_again(
    engine: Any, recording: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.takes_on(clone(recording))
    first = engine.open(clone(recording))
    (kept,) = cache.iterdir()
    with monkeypatch.context() as second_time:
        second_time.setattr(engine._model, "get_gpt_cond_latents", None)  # a second time would fail
        again = engine.open(clone(recording))
    for one, other in zip(first._speaker, again._speaker, strict=True):
        assert np.array_equal(one.numpy(), other.numpy())
    kept.write_bytes(b"damaged")
    engine.open(clone(recording))
    with np.load(kept, allow_pickle=False) as mended:
        assert sorted(mended.files) == ["embedding", "gpt"]
    assert list(cache.iterdir()) == [kept]


def test_a_recorded_voice_and_a_named_file_sound_unlike_the_built_in_speaker(
    engine: Any, folder: Path, recording: Path, cache: Path
) -> None:
    cloned, own = engine.open(clone(recording)), engine.open()
    assert not np.array_equal(cloned._speaker[1].numpy(), own._speaker[1].numpy())
    named = registry.load_speaker(f"xtts:{recording}@{folder}", "cpu").open()
    assert np.array_equal(cloned._speaker[1].numpy(), named._speaker[1].numpy())
    assert next(cloned.push(TEXT)).size


def test_a_text_longer_than_the_model_takes_is_cut(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setattr(engine._model, "inference_stream", lambda text, *_, **__: said.append(text) or ())
    list(engine.open().push("hello there, " * 60))
    assert len(said) > 2
    assert max(map(len, said)) <= 250
    assert "".join(said).replace(" ", "") == ("hello there, " * 60).replace(" ", "")


def test_an_unknown_speaker_language_or_device_is_refused_with_what_there_is(
    engine: Any, folder: Path, recording: Path
) -> None:
    with pytest.raises(UsageError, match=r"no speaker 'nobody' \(it has: Claribel Dervla\)"):
        registry.load_speaker(f"xtts:nobody@{folder}", "cpu").open()
    with pytest.raises(UsageError, match="does not speak 'tlh'"):
        engine.open(clone(recording, "tlh"))
    with pytest.raises(UsageError, match=r"no device 'abacus'.*auto, cpu"):
        registry.load_speaker(f"xtts:@{folder}", "abacus")


def test_missing_and_damaged_weights_say_how_to_get_them(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(VoxError, match=r"config.json, model.pth, vocab.json in .*tts --model_name"):
        registry.load_speaker(f"xtts:@{tmp_path}", "cpu")
    for name in ("config.json", "vocab.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "model.pth").write_bytes(b"noise")
    with pytest.raises(VoxError, match="cannot be loaded"):
        registry.load_speaker(f"xtts:@{tmp_path}", "cpu")


@pytest.mark.parametrize(
    "wrong", [{"gpt_n_model_channels": 200_000}, {"gpt_layers": 10**7}, {"gpt_max_text_tokens": 10**12}]
)
def test_a_network_larger_than_its_weights_is_refused_before_it_is_built(
    tmp_path: Path, folder: Path, wrong: dict[str, int]
) -> None:
    for name in ("model.pth", "vocab.json"):
        (tmp_path / name).symlink_to(folder / name)
    held = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(held | {"model_args": held["model_args"] | wrong}))
    with pytest.raises(VoxError, match=r"larger network than model\.pth can be") as refused:
        registry.load_speaker(f"xtts:@{tmp_path}", "cpu")
    assert "\n" not in str(refused.value)


def test_a_pickle_in_the_place_of_weights_is_not_run(tmp_path: Path, folder: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    for name in ("config.json", "vocab.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({"model": Trap()}, tmp_path / "model.pth")
    with pytest.raises(VoxError, match="cannot be loaded"):
        registry.load_speaker(f"xtts:@{tmp_path}", "cpu")
    assert not (tmp_path / "sprung").exists()


def test_a_model_that_fails_in_mid_reply_is_one_sentence(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def fails(*_: object, **__: object) -> Iterator[Any]:
        yield torch.zeros(100)
        raise RuntimeError("CUDA out of memory.\nTried to allocate")

    monkeypatch.setattr(engine._model, "inference_stream", fails)
    with pytest.raises(VoxError, match=r"XTTS failed \(CUDA out of memory. Tried") as failed:
        list(itertools.islice(engine.open().push("Hello."), 5))
    assert "\n" not in str(failed.value)
