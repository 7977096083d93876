"""Kokoro with its real weights, where the extra `kokoro` is installed."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soxr

from voxhumana import registry
from voxhumana.dialogue import Speaker, Transcriber
from voxhumana.errors import UsageError, VoxError
from voxhumana.speak import kokoro

TEXT = "Please bring me a small cup of green tea. What is the time?"


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return registry.load_transcriber("whisper")


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    try:
        kokoro.MODEL.paths()
    except VoxError as missing:
        pytest.skip(str(missing))
    return registry.load_speaker("kokoro:bm_george")


def letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha())


@pytest.mark.models
def test_what_kokoro_says_is_heard_back_sentence_by_sentence(
    speaker: Speaker, transcriber: Transcriber
) -> None:
    first, second = speaker.open().push(TEXT)
    heard = [transcriber.transcribe(soxr.resample(s, speaker.rate_hz, 16_000)) for s in (first, second)]
    assert letters(" ".join(heard)) == letters(TEXT)
    for sound in (first, second):
        assert sound.dtype == np.float32
        assert np.abs(sound).max() < 1
        begins = np.flatnonzero(np.abs(sound) > kokoro.QUIET)[0]
        assert begins <= kokoro.LEAD_S * speaker.rate_hz, "the model's leading silence delays every reply"


@pytest.mark.models
def test_text_without_words_makes_no_sound(speaker: Speaker) -> None:
    assert list(speaker.open().push(" ... ")) == []


def test_the_voices_in_the_package_are_the_ones_of_the_notice() -> None:
    notice = (kokoro.VOICES.parent / "NOTICE.md").read_text(encoding="utf-8")
    assert hashlib.sha256(kokoro.VOICES.read_bytes()).hexdigest() in notice
    with np.load(kokoro.VOICES) as voices:
        assert all(name in notice and voices[name].shape == kokoro.STYLES for name in voices.files)


def test_an_unknown_voice_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="af_heart, am_michael, bf_emma, bm_george"):
        registry.load_speaker("kokoro:nobody")


def test_a_style_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        registry.load_speaker(f"kokoro:{tmp_path / 'none.bin'}")
    path = tmp_path / "short.bin"
    path.write_bytes(b"1234")
    with pytest.raises(VoxError, match="is no Kokoro voice"):
        registry.load_speaker(f"kokoro:{path}")
    np.full(kokoro.STYLES, np.nan, np.float32).tofile(path)
    with pytest.raises(VoxError, match="is no Kokoro voice"):
        registry.load_speaker(f"kokoro:{path}")


def test_phonemes_are_cut_at_marks_then_at_spaces_and_none_is_lost() -> None:
    words = "helO DEr, " * 60 + "x" * 900
    pieces = list(kokoro._cut(words))
    assert max(map(len, pieces)) <= kokoro.LONGEST
    assert pieces[0].endswith(",")
    assert "".join(pieces).replace(" ", "") == words.replace(" ", "")
