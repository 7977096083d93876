"""Pocket TTS through its real library, on a tiny random model of its own classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import signals
from voxhumana import registry
from voxhumana.audio.file import SoundWriter
from voxhumana.errors import UsageError, VoxError
from voxhumana.voice import Voice

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]
pytest.importorskip("pocket_tts", reason="needs the extra pocket, in a venv of its own: make test-torch")

TEXT = "Hello there. This is a letter."


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "reference.flac"
    with SoundWriter(path, 22_050) as file:
        file.write(signals.speech(2.0, 22_050))
    return path


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    folder = tmp_path_factory.mktemp("pocket")
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(vocab_size=64, special_tokens=["[UNK]"]))
    tokenizer.save(str(folder / "tokenizer.json"))
    text = Path(__file__).with_name("tiny_pocket.yaml").read_text(encoding="utf-8")
    text = text.replace("BINS", str(tokenizer.get_vocab_size()))
    (folder / "tiny.yaml").write_text(text.replace("TOKENIZER", str(folder / "tokenizer.json")))
    return folder / "tiny.yaml"


@pytest.fixture(scope="module")
def engine(config: Path, recording: Path) -> Any:
    return registry.load_speaker(f"pocket:{recording}@{config}")


def clone(recording: Path) -> Voice:
    return Voice(
        name="clone",
        title="Clone",
        character="Brief.",
        licence="CC0-1.0",
        source="a test",
        engines={"dsp": {}},
        folder=recording.parent,
    )


def test_a_recorded_voice_is_taken_on_and_its_sound_comes_in_frames(engine: Any, recording: Path) -> None:
    assert engine.takes_on(clone(recording))
    blocks = list(engine.open(clone(recording)).push(TEXT))
    assert len(blocks) >= 2
    assert engine.rate_hz == 24_000
    assert all(b.dtype == np.float32 and b.ndim == 1 and len(b) % 1_920 == 0 for b in blocks)
    assert np.isfinite(np.concatenate(blocks)).all()


def test_a_reply_that_nobody_wants_any_more_is_stopped_and_the_next_is_spoken(engine: Any) -> None:
    stream = engine.open()
    speech = stream.push(TEXT)
    next(speech)
    speech.close()
    assert next(stream.push(TEXT)).size
    assert list(stream.push(" ... ")) == []


def test_a_speaker_or_model_that_is_not_there_is_one_sentence(
    config: Path, recording: Path, tmp_path: Path
) -> None:
    with pytest.raises(VoxError, match="cannot take on 'alba'"):  # catalogue voices need the released weights
        registry.load_speaker(f"pocket:@{config}").open()
    with pytest.raises(UsageError, match="There is no file"):
        registry.load_speaker(f"pocket:nobody.wav@{config}").open()
    with pytest.raises(VoxError, match=r"cannot be loaded .*pocket-tts generate"):
        registry.load_speaker(f"pocket:@{tmp_path / 'none.yaml'}")
    with pytest.raises(UsageError, match="does not run on 'mps'"):
        registry.load_speaker(f"pocket:@{config}", "mps")


def test_a_recording_of_a_word_is_too_short_to_learn_from(config: Path, tmp_path: Path) -> None:
    with SoundWriter(tmp_path / "word.wav", 24_000) as file:
        file.write(signals.speech(0.5, 24_000))
    with pytest.raises(UsageError, match="too short"):
        registry.load_speaker(f"pocket:{tmp_path / 'word.wav'}@{config}").open()


def test_a_model_that_fails_in_mid_reply_is_one_sentence(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("out of\nmemory")

    monkeypatch.setattr(engine._model.mimi, "decode_from_latent", fails)
    with pytest.raises(VoxError, match=r"Pocket TTS failed \(out of memory\)"):
        list(engine.open().push(TEXT))
    monkeypatch.undo()
    assert next(engine.open().push(TEXT)).size
