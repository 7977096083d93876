"""The engines that the server's sessions share."""

import pytest

from learners import Parrot, speech
from listening import CountingTranscriber, HummingStream, ScriptedResponder
from voxhumana import registry
from voxhumana.audio.file import SoundWriter
from voxhumana.config import Settings
from voxhumana.errors import VoxError
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


def test_each_conversation_has_a_seat_in_a_language_engine_that_has_some(tmp_path, monkeypatch):
    class Hall(ScriptedResponder):
        def __init__(self, settings):
            super().__init__("")
            self.seats, self.closed = settings.llm_seats, False

        def seat(self):
            self.seats -= 1
            return self

        def close(self):
            self.seats += 1

    monkeypatch.setattr(registry, "load_responder", Hall)
    engines = Engines(Settings(data_dir=tmp_path, serve_talks=3))
    first = engines.responder()
    assert engines.responder() is first
    assert first.seats == 1
    first.close()
    assert first.seats == 2


def test_a_session_does_not_close_a_language_engine_that_all_share(tmp_path, monkeypatch):
    mind = ScriptedResponder("Yes.")
    monkeypatch.setattr(registry, "load_responder", lambda _: mind)
    monkeypatch.setattr(mind, "close", lambda: pytest.fail("it was closed"))
    responder = Engines(Settings(data_dir=tmp_path)).responder()
    responder.close()
    assert "".join(responder.reply([])).strip() == "Yes."


def test_a_seat_is_given_back_once():
    llama = pytest.importorskip("voxhumana.reply.llama")
    free = []
    seat = llama.Seat(None, 2, free.append)
    seat.close()
    seat.close()
    assert free == [2]


def test_an_engine_whose_system_library_is_missing_is_one_sentence(tmp_path, monkeypatch):
    said = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "wants_a_library.py").write_text(f"raise ImportError({said!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(registry.RESPONDERS, "llama", "wants_a_library:Llama")
    with pytest.raises(
        VoxError, match=r"The language engine 'llama' cannot be loaded: libgomp\.so\.1.*libgomp1"
    ):
        registry.load_responder(Settings(data_dir=tmp_path, llm="llama"))
