"""Understands drafts and has replies made, beside the path: one thread that hears, and one that judges.

    Request -> ears: transcriber -> words -> `Drafted`, how complete they look
                                      -> judge: ending -> `Drafted` again, how complete they are
                                                  -> maker -> `Reply.sounds`

A draft with the words of the reply in the making takes that reply over; other words drop it at once. Only the
newest request counts, and only the newest words: neither ears nor judge ever waits for what is stale longer
than one call takes. In mid-speech, words that are surely not all are only judged: that reads them into the
language model's cache, and leaves the processor to the ears.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from voxhumana.assistant.backchannel import is_backchannel
from voxhumana.assistant.ending import Ending, by_words
from voxhumana.assistant.history import History
from voxhumana.assistant.maker import Maker, failure
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.tools import Tool
from voxhumana.dialogue import Responder, Transcriber
from voxhumana.engine import Block, Stream

LIKELY, LIKELY_YET = 0.5, 0.8
"""How complete words must be for a reply to be begun at a hint of an end, and in mid-speech, where they are
mostly a part: a reply for the wrong words keeps the right ones waiting for as long as its prompt is read."""
UNJUDGED = 0.75
"""Of what the words alone say counts until they are judged: they are no proof, and the judge is quick."""
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """Please understand this, and prepare a reply."""

    draft: int
    sound: Block
    """Float32 [T] at the transcriber's rate."""
    history: History
    over_reply: bool
    """Whether a reply is being spoken, which a backchannel leaves alone."""
    hint: bool
    """Whether the user fell silent."""


@dataclass(frozen=True)
class Drafted:
    """News: a draft was understood, or better understood than before."""

    draft: int
    text: str
    complete: float
    reply: Reply | None
    """None where there is nothing to reply to."""


@dataclass(frozen=True)
class Failed:
    """News: a sentence about what went wrong."""

    text: str


News: TypeAlias = Drafted | Failed


class Drafter:
    """The worker behind the path.

    Args:
        transcriber: Writes down what was said.
        ending: Judges whether it is all; may take its time.
        responder: Answers; closed at the end.
        open_speech: Begins a reply's speech, at the output's rate.
        rate_hz: That rate.
        tell: Takes news, on the worker's threads.
        speculate: Whether replies are made before they are wanted; else only `make` begins one.
        tools: What the language model may do besides talk.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        ending: Ending,
        responder: Responder,
        open_speech: Callable[[], Stream[str, Block]],
        rate_hz: int,
        tell: Callable[[News], None],
        *,
        speculate: bool = True,
        tools: Sequence[Tool] = (),
    ) -> None:
        self._transcriber = transcriber
        self._ending = ending
        self._maker = Maker(responder, open_speech, rate_hz, tools)
        self._tell = tell
        self._speculate = speculate
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._asked = self._heard = 0  # drafts: the newest that was asked for, and that was understood
        self._unjudged: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()
        self._posed: Reply | None = None  # the newest to judge,
        self._settled: Reply | None = None  # and the newest that the judge is through with
        self._reply: Reply | None = None  # of the newest words; the ears' thread sets it
        self._hint = 0  # the newest draft that was followed by a hint of an end
        self._threads = [
            threading.Thread(target=self._hear, name="ears", daemon=True),
            threading.Thread(target=self._judge, name="judge", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def draft(self, request: Request) -> None:
        """Take a request; returns at once."""
        self._asked = request.draft
        if request.hint:
            self._hint = request.draft
        self._inbox.put(request)

    def hint(self, draft: int) -> None:
        """The user fell silent after what this draft heard; returns at once."""
        self._hint = draft
        if (reply := self._reply) and reply.draft == draft and not reply.dropped:
            self._weigh(reply)

    def prepare(self, reply: Reply) -> None:
        """Make this reply as soon as its words are judged, however incomplete they are; returns at once.

        Not before: an embedded model would judge them only when the reply is whole, and the turn wait for it.
        """
        reply.pressed = True
        self._weigh(reply)

    def make(self, reply: Reply) -> None:
        """Begin to make this reply, if it is not begun yet; from any thread, returns at once."""
        self._maker.make(reply)

    def read(self, history: History) -> None:
        """Let the language model read what was said, before more is; returns at once."""
        self._pose(Reply(0, "", history, 0.0))

    def say(self, reply: Reply, text: str) -> None:
        """Let `text` be this reply; from any thread, returns at once."""
        self._maker.say(reply, text)

    @property
    def busy(self) -> bool:
        """Whether anything is being understood or made; for a clock that waits for it."""
        return self._asked != self._heard or self._posed is not self._settled or self._maker.busy

    def close(self) -> None:
        """Drop what is under way, end the threads and close the responder."""
        self._inbox.put(None)
        for thread in self._threads:
            thread.join()
        if self._reply:
            self._reply.dropped = True
        self._maker.close()

    def _hear(self) -> None:
        while (request := _newest(self._inbox)) is not None:
            try:
                self._understand(request)
            except Exception as error:  # noqa: BLE001  # whatever an engine raises, the conversation goes on
                self._tell(Drafted(request.draft, "", 0.0, None))
                self._tell(Failed(failure("speech recognition", error)))
            self._heard = request.draft
        self._unjudged.put(None)

    def _understand(self, request: Request) -> None:
        longest = self._transcriber.longest
        parts = [request.sound[at : at + longest] for at in range(0, len(request.sound), longest)]
        text = " ".join(filter(None, map(self._transcriber.transcribe, parts)))
        if not text or (request.over_reply and is_backchannel(text)):
            self._tell(Drafted(request.draft, text, 0.0, None))
            return
        reply = self._reply
        if reply and not reply.dropped and not reply.failure and _same(reply, text, request.history):
            reply.draft = request.draft
            self._tell(Drafted(request.draft, text, reply.complete, reply))
            self._weigh(reply)
            return
        if reply:
            reply.dropped = True
        guess = by_words(request.history.with_user(text)) * UNJUDGED
        reply = self._reply = Reply(request.draft, text, request.history, guess)
        self._tell(Drafted(request.draft, text, guess, reply))
        self._weigh(reply)

    def _weigh(self, reply: Reply) -> None:
        """Have words judged, and a reply begun that is likely to be wanted.

        Words of mid-speech that surely go on are left alone: the ears need the processor.
        """
        if reply.judged:
            self._begin(reply)
        elif self._posed is not reply and (reply.complete or reply.pressed or reply.draft == self._hint):
            self._pose(reply)

    def _pose(self, reply: Reply) -> None:
        self._posed = reply
        self._unjudged.put(reply)

    def _judge(self) -> None:
        while (reply := _newest(self._unjudged)) is not None:
            if not (reply.dropped or reply.wanted.is_set()):
                self._settle(reply)
            self._settled = reply

    def _settle(self, reply: Reply) -> None:
        """Find out how complete the words are, and what follows from that."""
        messages = reply.history.with_user(reply.asked)
        try:
            reply.complete = self._ending(messages)
        except Exception:  # noqa: BLE001  # the reply, by the same engine, will say what is wrong
            reply.complete = by_words(messages)
        if not reply.asked:
            return  # it was only to be read
        reply.judged = True
        self._tell(Drafted(reply.draft, reply.asked, reply.complete, reply))
        self._begin(reply)

    def _begin(self, reply: Reply) -> None:
        """Have a reply made that is likely to be wanted."""
        likely = LIKELY if reply.draft == self._hint else LIKELY_YET
        if self._speculate and not reply.dropped and (reply.pressed or reply.complete >= likely):
            self.make(reply)


def _newest(inbox: queue.SimpleQueue[T | None]) -> T | None:
    """Wait for the latest of what came in; None once there is an end."""
    item = inbox.get()
    while item is not None and not inbox.empty():
        item = inbox.get()
    return item


def _same(reply: Reply, text: str, history: History) -> bool:
    return reply.history == history and _letters(reply.asked) == _letters(text)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
