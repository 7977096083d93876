"""Moonshine through its real library as far as it goes without weights, which no package carries."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from voxhumana import registry
from voxhumana.errors import UsageError, VoxError

moonshine_voice = pytest.importorskip("moonshine_voice", reason="needs the extra moonshine")


def test_its_own_library_says_why_a_model_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxhumana.listen import moonshine

    monkeypatch.setattr(moonshine, "get_model_for_language", lambda _, arch: (tmp_path, arch))
    with pytest.raises(VoxError, match=r"Moonshine model cannot be loaded .*--stt whisper") as told:
        registry.load_transcriber("moonshine:tiny")
    assert "\n" not in str(told.value)


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="tiny, base, tiny-streaming"):
        registry.load_transcriber("moonshine:huge")


def test_the_lines_that_it_hears_are_one_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from voxhumana.listen import moonshine

    class Heard:
        def __init__(self, folder: str, arch: object) -> None:
            assert (folder, arch) == ("folder", moonshine_voice.ModelArch.BASE)

        def transcribe_without_streaming(self, sound: list[float], rate_hz: int) -> SimpleNamespace:
            assert rate_hz == 16_000
            lines = [" Good morning.", "", "How are you? "] if any(sound) else []
            return SimpleNamespace(lines=[SimpleNamespace(text=text) for text in lines])

    monkeypatch.setattr(moonshine, "get_model_for_language", lambda _, arch: ("folder", arch))
    monkeypatch.setattr(moonshine, "Transcriber", Heard)
    engine = registry.load_transcriber("moonshine:base")
    assert engine.transcribe(np.ones(16_000, np.float32)) == "Good morning. How are you?"
    assert engine.transcribe(np.zeros(16_000, np.float32)) == ""
