"""The engines that the server's sessions share."""

import pytest

from learners import Parrot, speech
from listening import CountingTranscriber, HummingStream
from voxhumana import registry
from voxhumana.audio.file import SoundWriter
from voxhumana.config import Settings
from voxhumana.library import learning
from voxhumana.server.engines import Engines


class Hum:
    name = "hum"
    rate_hz = 16_000

    def open(self, voice=None):
        return HummingStream()


@pytest.fixture
def asked(monkeypatch):
    """What engines were asked for, and with which words."""
    asked = []

    def load(engine):
        def loaded(*words):
            asked.append(words)
            return engine

        return loaded

    monkeypatch.setattr(registry, "load_transcriber", load(CountingTranscriber()))
    monkeypatch.setattr(registry, "load_speaker", load(Hum()))
    monkeypatch.setattr(registry, "load_converter", load(Parrot()))
    return asked


def test_hearing_and_speech_have_the_threads_and_the_device_of_the_settings(tmp_path, asked):
    engines = Engines(Settings(data_dir=tmp_path, hearing_threads=3, speech_threads=5, device="cpu"))
    engines.transcriber()
    engines.speaker(engines.voice(None), 24_000)
    assert asked[:2] == [("whisper", 3), ("hibari", "cpu", 5)]


@pytest.mark.parametrize("way", ["spoken", "converted"])
def test_a_voice_that_no_engine_knows_is_learned_before_it_is_heard(tmp_path, asked, way):
    folder = tmp_path / "voices" / "me"
    folder.mkdir(parents=True)
    card = "name: me\ntitle: Me\ncharacter: Myself.\nlicence: private\nsource: a test\nengines: {}\n"
    (folder / "voice.yaml").write_text(card)
    sound, rate_hz = speech()
    with SoundWriter(folder / "reference.flac", rate_hz) as file:
        file.write(sound)
    engines = Engines(Settings(data_dir=tmp_path))
    if way == "spoken":
        _, voice = engines.speaker(engines.voice("me"), 24_000)
    else:
        voice = engines.role("me", None).voice
    assert voice.engines["parrot"] == learning.read(folder)["parrot"]["settings"]
