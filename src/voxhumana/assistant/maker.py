"""Makes one reply after the other, each on its own thread: words -> sentences -> speech -> `Reply.sounds`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from voxhumana.assistant.history import Spoken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.sentence import SentenceStream
from voxhumana.assistant.tools import Tool, may_be_call, offer, offered, run
from voxhumana.dialogue import Responder
from voxhumana.engine import Block, Stream
from voxhumana.errors import VoxError

PATIENCE_S = 2.0
"""A reply that nobody wants has so long to end before the next begins all the same."""
WAKE_S = 0.05
"""A tool that waits for its turn looks so often whether it is still wanted."""
LETTER_S = 0.065
"""Of speech, for a letter of text: 150 words a minute; until a piece is spoken whole."""


class Maker:
    """The worker.

    Args:
        responder: Answers.
        open_speech: Begins a reply's speech, at the output's rate.
        rate_hz: That rate.
        tools: What the language model may do besides talk.
    """

    def __init__(
        self,
        responder: Responder,
        open_speech: Callable[[], Stream[str, Block]],
        rate_hz: int,
        tools: Sequence[Tool] = (),
    ) -> None:
        self._responder = responder
        self._open_speech = open_speech
        self._rate_hz = rate_hz
        self._tools = tools
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def make(self, reply: Reply) -> None:
        """Begin to make this reply, if it is not begun yet; from any thread, returns at once."""
        with self._starting:
            if reply.asked_for:
                return
            reply.asked_for = True
            before = self._thread
            self._thread = threading.Thread(
                target=self._make, args=(reply, before), name="reply", daemon=True
            )
            self._thread.start()

    def say(self, reply: Reply, text: str) -> None:
        """Let `text` be this reply; from any thread, returns at once."""
        reply.asked_for = True
        threading.Thread(target=self._speak, args=(reply, iter([text])), name="say", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether a reply is being made."""
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """Wait for what is under way, which the caller has dropped, and close the responder."""
        if self._thread:
            self._thread.join(PATIENCE_S)  # closing the responder hangs up on a server that is silent
        self._responder.close()

    def _make(self, reply: Reply, before: threading.Thread | None) -> None:
        """Think and speak until the reply is whole, or nobody wants it."""
        if before:
            before.join(PATIENCE_S)
        if reply.dropped:
            reply.over = True
            return
        tools = offered(self._tools, reply.asked)
        asked = offer(reply.asked, tools) if tools else reply.asked
        words = self._responder.reply(reply.history.with_user(asked))
        try:
            self._speak(reply, _acted(reply, words, tools) if tools else words)
        finally:
            words.close()

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
        except Exception as error:  # noqa: BLE001  # whatever an engine raises, the conversation goes on
            reply.failure = failure("the reply", error)
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


def failure(what: str, error: Exception) -> str:
    """What went wrong in `what`, in a sentence."""
    if isinstance(error, VoxError):
        return str(error)
    return f"Something failed in {what} ({error}); the conversation goes on."


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
