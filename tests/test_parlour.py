"""The conversation that pages share, with a scripted path in the place of the real one."""

import queue
import threading

import numpy as np
import pytest

from voxhumana import build_talk
from voxhumana.assistant.notes import Said
from voxhumana.assistant.turn import Phase
from voxhumana.audio.pushed import Pushed
from voxhumana.channel import Notice
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError
from voxhumana.studio.jacks import Jacks
from voxhumana.studio.parlour import Begin, End, Parlour, Push, Standing, Turning, Words, parse


class Path:
    """Says what it is told to say, until it is stopped."""

    def __init__(self, settings, tell, deaf):
        self.settings, self.tell, self.deaf = settings, tell, deaf
        self.stopped = threading.Event()

    def run(self):
        self.tell(Phase.THINKING)
        self.tell(Said("assistant", "Tea?", final=True))
        self.stopped.wait(10)

    def stop(self):
        self.stopped.set()


class Page:
    def __init__(self, parlour):
        self.told = queue.Queue()
        parlour.join(self.told.put)

    def wait_for(self, kind, such=lambda _: True):
        while True:
            news = self.told.get(timeout=10)
            if isinstance(news, kind) and such(news):
                return news


@pytest.fixture
def paths(monkeypatch):
    made = []

    def talk(*given):
        made.append(Path(*given))
        return made[-1]

    monkeypatch.setattr(build_talk, "talk", talk)
    return made


@pytest.fixture
def begin(tmp_path):
    return Begin(voice="robot", input=f"file:{tmp_path}/in.wav", speakers=f"file:{tmp_path}/out.wav")


@pytest.fixture
def parlour(begin, tmp_path):
    settings = Settings(input=begin.input, speakers=begin.speakers, data_dir=tmp_path)
    parlour = Parlour(settings, Jacks(settings))
    yield parlour
    parlour.close()


def test_a_conversation_begins_is_written_down_and_ends(parlour, paths, begin):
    page = Page(parlour)
    parlour.obey(begin)
    assert page.wait_for(Standing, lambda standing: standing.state == "on").voice == "robot"
    assert page.wait_for(Turning).phase == "thinking"
    assert page.wait_for(Words).text == "Tea?"
    assert paths[0].settings.voice == "robot"
    parlour.obey(End())
    assert page.wait_for(Standing, lambda standing: standing.state == "off")


def test_a_page_that_comes_later_reads_what_was_said(parlour, paths, begin):
    page = Page(parlour)
    parlour.obey(begin)
    page.wait_for(Words)
    assert Page(parlour).wait_for(Words).text == "Tea?"


def test_with_push_to_talk_it_hears_only_while_somebody_pushes(parlour, paths, begin):
    page = Page(parlour)
    parlour.obey(begin.model_copy(update={"open_mic": False}))
    page.wait_for(Words)
    deaf = paths[0].deaf
    assert deaf()
    parlour.obey(Push(on=True))
    assert not deaf()
    parlour.obey(Push(on=False))
    assert deaf()


def test_an_open_microphone_is_never_deaf(parlour, paths, begin):
    page = Page(parlour)
    parlour.obey(begin)
    page.wait_for(Words)
    assert not paths[0].deaf()


def test_what_cannot_be_had_is_said_and_the_parlour_is_off_again(parlour, begin, monkeypatch):
    def talk(*_):
        raise VoxError("There are no ears; plug some in.")

    monkeypatch.setattr(build_talk, "talk", talk)
    page = Page(parlour)
    parlour.obey(begin)
    assert page.wait_for(Notice).text == "There are no ears; plug some in."
    assert page.wait_for(Standing).state == "off"


def test_a_page_cannot_name_a_file(parlour, begin):
    with pytest.raises(UsageError, match="There is no input"):
        parlour.obey(begin.model_copy(update={"input": "file:/etc/passwd"}))


@pytest.mark.parametrize("text", ["", "[]", '{"type":"begin"}', '{"type":"push","on":"maybe"}'])
def test_what_is_not_in_the_grammar_is_refused_in_a_sentence(text):
    with pytest.raises(UsageError, match=r"cannot be meant.*; load it again\.$"):
        parse(text)


class Microphone:
    name, rate_hz, frames, latency, clock, dropped = "loud", 48_000, 4, 4, "wall", 7

    def __init__(self):
        self.blocks = [np.ones(4, np.float32), np.ones(3, np.float32)]

    def read(self):
        return self.blocks.pop(0) if self.blocks else None

    def close(self):
        self.blocks = None


def test_a_deaf_microphone_gives_as_much_silence_as_it_would_give_sound():
    deaf = [True, False, False]
    source = Pushed(Microphone(), lambda: deaf.pop(0))
    assert source.read().tolist() == [0, 0, 0, 0]
    assert source.read().tolist() == [1, 1, 1]
    assert source.read() is None
    assert source.dropped == 7
