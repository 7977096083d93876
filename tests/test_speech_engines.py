"""The embedded ears and mouth, with their real weights."""

import numpy as np
import pytest
import soxr

from voxhumana import registry
from voxhumana.dialogue import Detector, Speaker, Transcriber
from voxhumana.errors import UsageError, VoxError

pytestmark = pytest.mark.models

SENTENCES = [
    "What is the capital of France?",
    "The old clock on the wall has not told the right time since the spring.",
    "Please bring me a small cup of green tea, and two of those ginger biscuits.",
]


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return registry.load_speaker("hibari")


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return registry.load_transcriber("whisper")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return registry.load_detector("silero")


def speech(speaker: Speaker, text: str) -> np.ndarray:
    """Speak `text`, float32 [T] at 16 kHz."""
    return soxr.resample(np.concatenate(list(speaker.open().push(text))), speaker.rate_hz, 16_000)


def letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha() or c == " ")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_spoken_is_heard_back(speaker: Speaker, transcriber: Transcriber, sentence: str) -> None:
    assert letters(transcriber.transcribe(speech(speaker, sentence))) == letters(sentence)


def test_the_same_words_sound_the_same(speaker: Speaker) -> None:
    assert np.array_equal(speech(speaker, SENTENCES[0]), speech(speaker, SENTENCES[0]))


def test_text_without_words_makes_no_sound(speaker: Speaker) -> None:
    assert list(speaker.open().push(" ... ")) == []


def test_silence_and_noise_have_no_words(transcriber: Transcriber) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 48_000).astype(np.float32)
    assert transcriber.transcribe(np.zeros(48_000, np.float32)) == ""
    assert transcriber.transcribe(noise) == ""


def test_a_long_utterance_is_heard_to_its_end(speaker: Speaker, transcriber: Transcriber) -> None:
    sound = np.concatenate([speech(speaker, SENTENCES[i % 3]) for i in range(6)])
    assert 15 * 16_000 < len(sound) < transcriber.longest
    assert letters(transcriber.transcribe(sound)) == letters(" ".join(SENTENCES * 2))


def test_speech_is_told_from_silence_and_noise(speaker: Speaker, detector: Detector) -> None:
    quiet = np.zeros(16_000, np.float32)
    sound = np.concatenate([quiet, speech(speaker, SENTENCES[1]), quiet])
    activities = list(detector.open().push(sound))
    heard = [a for a in activities if a.speech > 0.5]
    assert heard[0].end == pytest.approx(16_000, abs=6_000)
    assert heard[-1].end == pytest.approx(len(sound) - 16_000, abs=8_000)
    assert len(heard) * detector.hop > 0.7 * (len(sound) - 32_000)
    noise = np.random.default_rng(1).normal(0, 0.05, 160_000).astype(np.float32)
    assert max(a.speech for a in detector.open().push(noise)) < 0.5


@pytest.mark.parametrize("push", [1, 511, 513, 8_193])
def test_detection_does_not_depend_on_how_the_sound_arrives(
    speaker: Speaker, detector: Detector, push: int
) -> None:
    sound = speech(speaker, SENTENCES[0])[:16_000]
    whole, parts = detector.open(), detector.open()
    expected = list(whole.push(sound))
    found = [a for at in range(0, len(sound), push) for a in parts.push(sound[at : at + push])]
    assert found == expected


def test_an_unknown_voice_of_hibari_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="heart"):
        registry.load_speaker("hibari:nobody")


def test_the_small_whisper_hears_too(speaker: Speaker) -> None:
    try:
        small = registry.load_transcriber("whisper:tiny.en")
    except VoxError as missing:
        if "not installed" not in str(missing):
            raise
        pytest.skip(str(missing))
    assert letters(small.transcribe(speech(speaker, SENTENCES[0]))) == letters(SENTENCES[0])


def test_a_whisper_that_is_not_there_is_one_sentence(tmp_path: object) -> None:
    with pytest.raises(VoxError, match="cannot be loaded"):
        registry.load_transcriber(f"whisper:{tmp_path}")
