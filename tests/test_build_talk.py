"""Conversations as `build_talk` wires them: file devices, drafter, diary, memory and tools; scripted engines.

The clock of the file devices runs five times as fast as life, stands still while a busy machine does not look
at it, and the microphone is silent until what was asked before has been answered.
"""

import contextlib
import functools
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from language_program import WORDS
from learners import Parrot, speech
from listening import CountingTranscriber, HummingStream, LoudDetector, ScriptedResponder
from test_talk import silence, words
from voxhumana import build_talk, registry
from voxhumana.assistant.notes import Note, Notice, Said
from voxhumana.assistant.turn import Phase
from voxhumana.audio.file import SoundWriter
from voxhumana.audio.file_device import FileBackend, FileSource, Timeline
from voxhumana.cast import voiced
from voxhumana.config import Settings
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.library import learning
from voxhumana.library.memory import Memory
from voxhumana.library.shelf import Shelf

SPEED = 5
GLANCE_S = 0.03
"""At most so much passes between two looks at the clock."""
PATIENCE_S = 60.0
"""An answer that takes longer, in life, will not come."""
PROGRAM = Path(__file__).with_name("language_program.py")


class Hummer:
    """Hums each letter for 20 ms; may be told to fail from some piece of a reply on."""

    name = "hum"
    rate_hz = 16_000

    def __init__(self) -> None:
        self.fails_at: int | None = None

    def open(self, voice: object = None) -> "Humming":
        return Humming(self)


class Humming(HummingStream):
    def __init__(self, hummer: Hummer) -> None:
        self._hummer = hummer
        self._pieces = 0

    def push(self, item: str) -> Iterator[Block]:
        self._pieces += 1
        if self._pieces == self._hummer.fails_at:
            raise RuntimeError("no voice left")
        yield from super().push(item)


class Unhurried:
    """A clock that no stall moves on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_s, self._looked_s = 0.0, time.monotonic()

    def now_s(self) -> float:
        with self._lock:
            before_s, self._looked_s = self._looked_s, time.monotonic()
            self._at_s += min((self._looked_s - before_s) * SPEED, GLANCE_S)
            return self._at_s


class Microphone(FileSource):
    """Says nothing before its time."""

    waits: list[tuple[int, Callable[[], bool]]]
    """Samples of the file, and what must be true before it goes on."""
    given = 0

    def read(self) -> Block | None:
        if self.waits and self.given >= self.waits[0][0]:
            _, ready = self.waits[0]
            if not ready():
                self._blocks_read += 1
                self._timeline.wait(self._blocks_read, self.frames, self.rate_hz)
                return np.zeros(self.frames, np.float32)
            self.waits.pop(0)
        block = super().read()
        self.given += 0 if block is None else len(block)
        return block


class Backend(FileBackend):
    def __init__(self, evening: "Evening") -> None:
        clock = Unhurried()
        self._clock = Timeline(clock.now_s, lambda s: time.sleep(s / SPEED))
        self._evening = evening
        super().__init__(self._clock)

    def open_source(self, address: str, rate_hz: int, frames: int) -> FileSource:
        self._source = Microphone(Path(address), frames / rate_hz, self._clock)
        self._source.waits = self._evening.waits()
        return self._source


class Evening:
    """A conversation in a folder, with what happens at some of its notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ears, self.mind, self.voice = CountingTranscriber(), ScriptedResponder("Well now."), Hummer()
        self.notes: list[Note] = []
        self.at: list[tuple[Callable[[Note], bool], Callable[[], None]]] = []
        """The next thing that happens, and the note at which it does."""
        self.ready: Callable[[], bool] = lambda: True
        """Whether the next question may come, once the one before is answered."""

    def waits(self) -> list[tuple[int, Callable[[], bool]]]:
        """Before each question but the first, and the end, the answers so far."""
        ends = np.cumsum([len(part) for part in self.sound])
        questions = [end for end, part in zip(ends, self.sound, strict=True) if not part.any()][1:]
        until_s = time.monotonic() + PATIENCE_S * len(questions)

        def answered(count: int) -> bool:
            return (len(self.said("assistant")) >= count and self.ready()) or time.monotonic() > until_s

        return [(end - 8_000, functools.partial(answered, at + 1)) for at, end in enumerate(questions)]

    def talk(self, *sound: Block, **settings: object) -> "Evening":
        microphone = self.folder / "heard.wav"
        self.sound = sound
        with SoundWriter(microphone, 16_000) as file:
            file.write(np.concatenate(sound))
        files = {"input": f"file:{microphone}", "speakers": f"file:{self.folder / 'said.wav'}"}
        chosen = {"voice": "goblin", "echo": False, "openings": False, "data_dir": self.folder / "data"}
        self.scene = build_talk.scene(Settings(**(files | chosen | settings)), self.note)
        self.scene.talk.run()
        return self

    def note(self, note: Note) -> None:
        self.notes.append(note)
        if self.at and self.at[0][0](note):
            self.at.pop(0)[1]()

    def said(self, who: str) -> list[str]:
        return [n.text for n in self.notes if isinstance(n, Said) and n.who == who and n.final]

    @property
    def notices(self) -> list[str]:
        return [n.text for n in self.notes if isinstance(n, Notice)]


@pytest.fixture
def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evening:
    evening = Evening(tmp_path)
    load_responder = registry.load_responder

    def responder(settings: Settings) -> object:
        return evening.mind if settings.llm == "llama" else load_responder(settings)

    monkeypatch.setattr(registry, "load_responder", responder)
    monkeypatch.setattr(registry, "load_transcriber", lambda *_: evening.ears)
    monkeypatch.setattr(registry, "load_detector", lambda _: LoudDetector())
    monkeypatch.setattr(registry, "load_speaker", lambda *_: evening.voice)
    monkeypatch.setattr(registry, "load_converter", lambda _: Parrot())

    monkeypatch.setattr(build_talk, "FileBackend", lambda: Backend(evening))
    return evening


TURNS = (silence(0.5), words(2), silence(3.5), words(2), silence(3.5), words(2), silence(2.5))
"""Three questions of two words each."""


def spoken(note: Note) -> bool:
    return note is Phase.SPEAKING


def answered(note: Note) -> bool:
    return isinstance(note, Said) and note.who == "assistant"


def test_a_speech_engine_that_fails_in_mid_reply_is_one_sentence_and_the_next_turn_works(evening) -> None:
    evening.mind.text = "Well now. Let me see. It is late."

    def mend() -> None:
        evening.voice.fails_at = None

    evening.voice.fails_at = 2
    evening.at.append((answered, mend))
    evening.talk(*TURNS[:5], memory=False)
    assert evening.notices == ["Something failed in the reply (no voice left); the conversation goes on."]
    assert evening.said("assistant") == ["Well now.", "Well now. Let me see. It is late."]


class Server:
    """The language server's process, on a port that stays the same when it begins again."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.up = threading.Event()
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), str(self.port)])
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                self.up.set()
                return
            time.sleep(0.02)
        raise AssertionError("it does not listen")

    def kill(self) -> None:
        self.up.clear()
        self.process.kill()
        self.process.wait()


def test_a_language_server_that_is_killed_in_mid_reply_is_one_sentence_and_the_next_turn_works(
    evening,
) -> None:
    server = Server()
    evening.ready = server.up.is_set

    def killed() -> None:
        server.kill()
        evening.at.append((answered, threading.Thread(target=server.begin).start))  # the path must not wait

    evening.at.append((spoken, killed))
    try:
        llm = f"ollama:tiny@http://127.0.0.1:{server.port}"
        evening.talk(*TURNS[:5], memory=False, llm=llm)
    finally:
        server.kill()
    (notice,) = evening.notices
    assert f"http://127.0.0.1:{server.port} broke off" in notice
    first, second = evening.said("assistant")
    assert WORDS.startswith(first)
    assert len(first) < len(WORDS)
    assert second == WORDS


def test_a_full_disk_is_one_sentence_and_turns_are_kept_again_once_there_is_room(
    evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, room = Memory.keep, [False]

    def limited(memory: Memory, talk: int, user: str, assistant: str, timing: dict) -> None:
        """SQLite's own way to be full: a file that may not grow, for a turn too large for its free pages."""
        with memory._database._readers.connect() as connection:
            driver: sqlite3.Connection = connection.connection.driver_connection
            pages = 4_294_967_294 if room[0] else driver.execute("PRAGMA page_count").fetchone()[0]
            driver.execute(f"PRAGMA max_page_count={pages}")
        padded = timing if room[0] else timing | {"padding": "x" * 100_000}
        keep(memory, talk, user, assistant, padded)

    def make_room() -> None:
        room[0] = True

    monkeypatch.setattr(Memory, "keep", limited)
    evening.at += [(answered, lambda: None), (answered, make_room)]
    evening.talk(*TURNS)
    (notice,) = evening.notices
    assert notice.startswith("This turn was not written down. The database")
    assert "full" in notice
    assert evening.said("assistant") == ["Well now."] * 3
    memory = Memory(evening.folder / "data")
    (kept,) = memory.export()["talks"]
    memory.close()
    assert 1 <= len(kept["turns"]) <= 2


def test_a_fact_stands_in_the_conversation_at_once_and_in_the_persona_when_that_is_cut(evening) -> None:
    evening.mind.text = "CALL remember(My name is Anna.)"
    evening.ears.words = ("please", "remember", "that")
    evening.talk(silence(0.5), words(3), silence(3))
    assert evening.said("assistant") == ["I will remember that."]
    history = evening.scene.talk.history
    assert "Anna" not in history.persona
    assert "Anna" in history.later
    long = history.after("Tell me a story.", "x" * history.budget)
    assert "Anna" in long.persona
    assert long.later is None


def test_what_is_forgotten_is_taken_from_the_model_at_once(evening) -> None:
    memory = Memory(evening.folder / "data")
    memory.remember("My name is Anna.")
    memory.close()
    evening.mind.text = "CALL forget(Anna)"
    evening.ears.words = ("please", "forget", "that")
    evening.talk(silence(0.5), words(3), silence(4))
    first, *_ = evening.mind.asked
    assert "Anna" in first[0].text
    assert "Anna" not in evening.scene.talk.history.persona


def test_a_voice_is_learned_before_the_first_turn(evening, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "voices" / "me"
    folder.mkdir(parents=True)
    card = "name: me\ntitle: Me\ncharacter: Myself.\nlicence: private\nsource: a test\nengines: {}\n"
    (folder / "voice.yaml").write_text(card)
    sound, rate_hz = speech()
    with SoundWriter(folder / "reference.flac", rate_hz) as file:
        file.write(sound)
    speaker, voice = voiced(Settings(data_dir=tmp_path / "data"), Shelf(tmp_path / "data").find("me"), 16_000)
    assert learning.read(folder)["parrot"]["settings"] == voice.engines["parrot"]
    speaker.open(voice)


def test_a_voice_that_is_not_there_is_refused_before_devices_and_weights(evening) -> None:
    with pytest.raises(VoxError, match="no voice 'nobody'"):
        evening.talk(silence(1), voice="nobody")
    assert evening.notes == []
