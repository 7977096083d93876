"""The engines that sessions share: each loaded once, when first asked for; any thread.

Loaded weights are shareable (see `engine`); what a session remembers is in the streams that it opens. A
speech recogniser takes one call at a time, so its calls queue here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from voxhumana import build, registry
from voxhumana.assistant.history import History
from voxhumana.cast import persona, voiced
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Responder, Seating, Speaker, Transcriber
from voxhumana.engine import Block, Converter
from voxhumana.library.shelf import Shelf
from voxhumana.live import Role
from voxhumana.server.turnstile import Turnstile
from voxhumana.voice import Voice

T = TypeVar("T")

WARM_HZ = 24_000
"""What most clients ask for."""


class Engines:
    """What these settings name, loaded at most once.

    Args:
        settings: Names the engines.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._loaded: dict[str, object] = {}
        self._lock = threading.RLock()

    def voices(self) -> list[Voice]:
        """Every voice of the shelf."""
        return list(Shelf(self.settings.data_dir))

    def voice(self, name: str | None) -> Voice:
        """The voice called so; None = the settings' own.

        Raises:
            UsageError: There is none.
        """
        return Shelf(self.settings.data_dir).find(name or self.settings.voice)

    def converter(self, name: str) -> Converter:
        """The converter called so.

        Raises:
            UsageError: There is none.
        """
        return self._once(f"converter {name}", lambda: registry.load_converter(name))

    def role(self, voice: str | None, engine: str | None) -> Role:
        """Who speaks: as `build.role`, on shared engines."""
        return build.played(self.voice(voice), engine or self.settings.engine, self.converter)

    def detector(self) -> Detector:
        """The voice-activity detector."""
        return self._once("detector", lambda: registry.load_detector("silero"))

    def transcriber(self) -> Transcriber:
        """The speech recogniser, one call at a time."""
        settings = self.settings
        return self._once(
            "stt", lambda: Queued(registry.load_transcriber(settings.stt, settings.hearing_threads))
        )

    def responder(self) -> Responder:
        """A place in the language engine, to be closed by who has it."""
        settings = self.settings.model_copy(update={"llm_seats": max(1, self.settings.serve_talks)})
        engine: Responder = self._once("llm", lambda: registry.load_responder(settings))
        return engine.seat() if isinstance(engine, Seating) else Kept(engine)

    def speaker(self, voice: Voice, rate_hz: int) -> tuple[Speaker, Voice]:
        """The speech engine in this voice, at this rate, and the voice, learned: see `cast.voiced`."""
        settings = self.settings
        speaker = self._once(
            "tts", lambda: registry.load_speaker(settings.tts, settings.device, settings.speech_threads)
        )
        return voiced(settings, voice, rate_hz, speaker, self.converter)

    def warm(self) -> None:
        """Load what a conversation needs, and read the persona of the settings' voice once.

        Raises:
            VoxError: An engine cannot be had.
        """
        voice = self.voice(None)
        self.detector()
        self.transcriber()
        speaker, voice = self.speaker(voice, WARM_HZ)
        speaker.open(voice)
        history = History(persona(voice))
        with (
            closing(self.responder()) as responder,
            closing(responder.reply(history.with_user("Hello."))) as greeting,
        ):
            next(greeting, None)

    def close(self) -> None:
        """Free what must be freed."""
        with self._lock:
            responder = self._loaded.pop("llm", None)
        if responder is not None:
            responder.close()  # type: ignore[attr-defined]  # a Responder

    def _once(self, name: str, load: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load()
            return self._loaded[name]  # type: ignore[return-value]  # each name has one kind


class Kept:
    """A responder that sessions share: it is not a session's to close."""

    def __init__(self, inner: Responder) -> None:
        self.name, self.reply = inner.name, inner.reply
        if judge := getattr(inner, "complete", None):
            self.complete = judge

    def close(self) -> None:
        """Stay."""


class Queued:
    """A transcriber that sessions share: calls wait for each other, in order."""

    def __init__(self, inner: Transcriber) -> None:
        self.name, self.rate_hz, self.longest = inner.name, inner.rate_hz, inner.longest
        self._inner = inner
        self._one = Turnstile()

    def transcribe(self, sound: Block) -> str:
        """See `dialogue.Transcriber`."""
        with self._one:
            return self._inner.transcribe(sound)
