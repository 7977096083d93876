"""Ears and judge beside each other: neither waits for what is stale."""

import queue
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from listening import CountingTranscriber, HummingStream, ScriptedResponder
from voxhumana.assistant.drafter import Drafted, Drafter, News, Request
from voxhumana.assistant.history import History
from voxhumana.dialogue import Message
from voxhumana.engine import Block

HISTORY = History("Be kind.")
SOON_S = 5.0


def words(count: int) -> Block:
    word = np.concatenate([np.zeros(1_280), 0.3 * np.sin(np.arange(3_840) / 8)])
    return np.tile(word, count).astype(np.float32)


class Desk:
    """A drafter whose judge waits to be let go."""

    def __init__(self) -> None:
        self.news: queue.Queue[News] = queue.Queue()
        self.responder = ScriptedResponder("Four, of course.")
        self.judged: list[str] = []
        self.go = threading.Event()
        self.complete = 1.0
        self.transcriber = CountingTranscriber()
        self.drafter = Drafter(
            self.transcriber, self.judge, self.responder, HummingStream, 16_000, self.news.put
        )

    def judge(self, messages: Sequence[Message]) -> float:
        self.judged.append(messages[-1].text)
        self.go.wait(SOON_S)
        return self.complete

    def ask(self, draft: int, count: int, *, hint: bool = True) -> Drafted:
        self.drafter.draft(Request(draft, words(count), HISTORY, over_reply=False, hint=hint))
        news = self.news.get(timeout=SOON_S)
        assert isinstance(news, Drafted)
        return news


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go.set()
    desk.drafter.close()


def test_words_are_told_while_older_ones_are_judged_and_what_is_stale_is_never_judged(desk: Desk) -> None:
    told = [desk.ask(1, 1)]
    while not desk.judged:
        pass
    told += [desk.ask(number, number) for number in (2, 3)]
    assert [news.text for news in told] == ["one", "one two", "one two three"]
    assert [bool(news.reply and news.reply.dropped) for news in told] == [True, True, False]
    assert desk.drafter.busy
    desk.go.set()
    while (news := desk.news.get(timeout=SOON_S)).complete < 1.0 or news.draft != 3:
        pass
    assert desk.judged == ["one", "one two three"]


def test_the_same_words_take_over_the_reply_in_the_making(desk: Desk) -> None:
    desk.go.set()
    first = desk.ask(1, 2)
    judged = desk.news.get(timeout=SOON_S)
    again = desk.ask(2, 2)
    assert first.reply is judged.reply is again.reply
    assert again.reply.draft == 2
    assert again.complete == 1.0
    while not desk.responder.asked:
        pass
    assert len(desk.responder.asked) == 1


def test_words_that_surely_go_on_are_judged_once_the_user_falls_silent(desk: Desk) -> None:
    desk.go.set()
    desk.drafter.draft(Request(1, words(1), HISTORY, over_reply=False, hint=False))
    assert desk.news.get(timeout=SOON_S).complete > 0
    unfinished = desk.transcriber.words = ("the",)
    desk.drafter.draft(Request(2, words(1), HISTORY, over_reply=False, hint=False))
    while (news := desk.news.get(timeout=SOON_S)).text != "the":
        pass
    while desk.drafter.busy:
        pass
    assert desk.judged == ["one"]
    desk.drafter.hint(2)
    assert desk.news.get(timeout=SOON_S).complete == 1.0
    assert desk.judged == ["one", *unfinished]
    assert news.reply is not None


def test_a_reply_that_is_pressed_for_waits_for_the_judge_and_no_longer(desk: Desk) -> None:
    desk.complete = 0.1
    told = desk.ask(1, 1)
    assert told.reply is not None
    desk.drafter.prepare(told.reply)
    assert not told.reply.asked_for
    desk.go.set()
    assert desk.news.get(timeout=SOON_S).complete == 0.1
    while desk.drafter.busy:
        pass
    assert len(desk.responder.asked) == 1


def test_what_was_said_can_be_read_ahead_without_a_reply(desk: Desk) -> None:
    desk.go.set()
    desk.drafter.read(HISTORY.after("Good morning.", "Good morning, friend."))
    while desk.drafter.busy:
        pass
    assert desk.judged == [""]
    assert desk.responder.asked == []
    assert desk.news.empty()
