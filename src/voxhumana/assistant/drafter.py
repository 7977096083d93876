"""Understands drafts and makes replies, beside the path: one thread that listens, and one for each reply.

    Request -> transcriber -> words -> `Drafted`, how complete they look
                                    -> ending -> `Drafted` again, how complete they are
                                    -> responder -> sentences -> speech -> `Reply.sounds`

A draft with the words of the reply in the making takes that reply over. Only the newest request counts. In
mid-speech, words that are surely not all are only judged: that reads them into the language model's cache,
and leaves the processor to the ears.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from voxhumana.assistant.backchannel import is_backchannel
from voxhumana.assistant.ending import Ending, by_words
from voxhumana.assistant.history import History, Spoken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.sentence import SentenceStream
from voxhumana.assistant.tools import Tool, may_be_call, offer, offered, run
from voxhumana.dialogue import Responder, Transcriber
from voxhumana.engine import Block, Stream
from voxhumana.errors import VoxError

PATIENCE_S = 2.0
"""A reply that nobody wants has so long to end before the next begins all the same."""
LIKELY = 0.5
"""How complete words in mid-speech must be for a reply to be begun."""
WAKE_S = 0.05
"""A tool that waits for its turn looks so often whether it is still wanted."""
LETTER_S = 0.065
"""Of speech, for a letter of text: 150 words a minute; until a piece is spoken whole."""
UNJUDGED = 0.75
"""Of what the words alone say counts until they are judged: they are no proof, and the judge is quick."""


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
        self._responder = responder
        self._open_speech = open_speech
        self._rate_hz = rate_hz
        self._tell = tell
        self._speculate = speculate
        self._tools = tools
        self._starting = threading.Lock()
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._asked = self._heard = 0  # drafts: the newest that was asked for, and that was understood
        self._reply: Reply | None = None
        self._maker: threading.Thread | None = None
        self._ears = threading.Thread(target=self._listen, name="ears", daemon=True)
        self._ears.start()

    def draft(self, request: Request) -> None:
        """Take a request; returns at once."""
        self._asked = request.draft
        self._inbox.put(request)

    def make(self, reply: Reply) -> None:
        """Begin to make this reply, if it is not begun yet; from any thread, returns at once."""
        with self._starting:
            if reply.asked_for:
                return
            reply.asked_for = True
            before = self._maker
            self._maker = threading.Thread(target=self._make, args=(reply, before), name="reply", daemon=True)
            self._maker.start()

    @property
    def busy(self) -> bool:
        """Whether anything is being understood or made; for a clock that waits for it."""
        return self._asked != self._heard or (self._maker is not None and self._maker.is_alive())

    def close(self) -> None:
        """Drop what is under way, end the threads and close the responder."""
        self._inbox.put(None)
        self._ears.join()
        if self._reply:
            self._reply.dropped = True
        if self._maker:
            self._maker.join(PATIENCE_S)  # closing the responder hangs up on a server that is silent
        self._responder.close()

    def _listen(self) -> None:
        while (request := self._newest()) is not None:
            try:
                self._understand(request)
            except Exception as error:  # noqa: BLE001  # whatever an engine raises, the conversation goes on
                self._tell(Drafted(request.draft, "", 0.0, None))
                self._tell(Failed(_sentence("speech recognition", error)))
            self._heard = request.draft

    def _newest(self) -> Request | None:
        request = self._inbox.get()
        while request is not None and not self._inbox.empty():
            request = self._inbox.get()
        return request

    def _understand(self, request: Request) -> None:
        longest = self._transcriber.longest
        parts = [request.sound[at : at + longest] for at in range(0, len(request.sound), longest)]
        text = " ".join(filter(None, map(self._transcriber.transcribe, parts)))
        if not text or (request.over_reply and is_backchannel(text)):
            self._tell(Drafted(request.draft, text, 0.0, None))
            return
        reply = self._reply
        if not (reply and not reply.dropped and not reply.failure and _same(reply, text, request.history)):
            if reply:
                reply.dropped = True
            reply = self._judged(request, text)
        reply.draft = request.draft
        self._tell(Drafted(request.draft, text, reply.complete, reply))
        if self._speculate and (request.hint or reply.complete >= LIKELY):
            self.make(reply)

    def _judged(self, request: Request, text: str) -> Reply:
        """A reply to be, with how complete the words are."""
        messages = request.history.with_user(text)
        guess = by_words(messages)
        reply = self._reply = Reply(request.draft, text, request.history, guess * UNJUDGED)
        self._tell(Drafted(request.draft, text, reply.complete, reply))
        try:
            reply.complete = self._ending(messages)
        except Exception:  # noqa: BLE001  # the reply, by the same engine, will say what is wrong
            reply.complete = guess
        return reply

    def _make(self, reply: Reply, before: threading.Thread | None) -> None:
        """Think and speak until the reply is whole, or nobody wants it."""
        if before:
            before.join(PATIENCE_S)
        tools = offered(self._tools, reply.asked)
        asked = offer(reply.asked, tools) if tools else reply.asked
        words = self._responder.reply(reply.history.with_user(asked))
        try:
            self._speak(reply, _acted(reply, words, tools) if tools else words)
        finally:
            words.close()

    def say(self, reply: Reply, text: str) -> None:
        """Let `text` be this reply; from any thread, returns at once."""
        reply.asked_for = True
        threading.Thread(target=self._speak, args=(reply, iter([text])), name="say", daemon=True).start()

    def _speak(self, reply: Reply, words: Iterator[str]) -> None:
        try:
            speech, sentences = self._open_speech(), SentenceStream()
            while not reply.dropped and (word := next(words, None)) is not None:
                reply.begun = True
                for piece in sentences.push(word):
                    self._say(reply, speech, piece)
            if not reply.dropped:
                for piece in sentences.flush():
                    self._say(reply, speech, piece)
        except Exception as error:  # noqa: BLE001  # as in `_listen`
            reply.failure = _sentence("the reply", error)
        finally:
            reply.over = True

    def _say(self, reply: Reply, speech: Stream[str, Block], piece: str) -> None:
        spoken, guess = 0, round(len(piece) * LETTER_S * self._rate_hz)
        reply.pieces.append(Spoken(piece, guess))
        for sound in speech.push(piece):
            spoken += len(sound)
            reply.pieces[-1] = Spoken(piece, max(spoken + 1, guess))
            reply.sounds.append(sound)
            if reply.dropped:
                return
        reply.pieces[-1] = Spoken(piece, spoken)


def _acted(reply: Reply, words: Iterator[str], tools: Sequence[Tool]) -> Iterator[str]:
    """The words, or what is said for the call that they are; it is run when the turn is really over."""
    text = ""
    for word in words:
        text += word
        if not may_be_call(text):
            yield text
            yield from words
            return
    while not reply.wanted.wait(WAKE_S):
        if reply.dropped:
            return
    yield run(text, tools)


def _same(reply: Reply, text: str, history: History) -> bool:
    return reply.history == history and _letters(reply.asked) == _letters(text)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _sentence(what: str, error: Exception) -> str:
    if isinstance(error, VoxError):
        return str(error)
    return f"Something failed in {what} ({error}); the conversation goes on."
