"""The engines that sessions share: each loaded once, when first asked for; any thread.

Loaded weights are shareable (see `engine`); what a session remembers is in the streams that it opens. A
speech recogniser takes one call at a time, so its calls queue here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from voxhumana import build_talk, registry
from voxhumana.assistant.ending import Ending
from voxhumana.assistant.history import History
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Responder, Speaker, Transcriber
from voxhumana.engine import Block, Converter, fitted
from voxhumana.library.shelf import Shelf
from voxhumana.live import Role
from voxhumana.speak.voiced import Voiced
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
        chosen = self.voice(voice)
        converter = self.converter(engine or self.settings.engine or next(iter(chosen.engines)))
        return Role(chosen, fitted(converter, chosen))

    def detector(self) -> Detector:
        """The voice-activity detector."""
        return self._once("detector", lambda: registry.load_detector("silero"))

    def transcriber(self) -> Transcriber:
        """The speech recogniser, one call at a time."""
        return self._once("stt", lambda: Queued(registry.load_transcriber(self.settings.stt)))

    def responder(self) -> Responder:
        """The language engine; a session must not close it."""
        return self._once("llm", lambda: registry.load_responder(self.settings))

    def ending(self) -> Ending:
        """What judges whether a sentence is whole."""
        return build_talk.ending(self.responder())

    def speaker(self, voice: Voice, rate_hz: int) -> Speaker:
        """The speech engine in this voice, at this rate; see `build_talk.voiced`."""
        speaker = self._once("tts", lambda: registry.load_speaker(self.settings.tts))
        return Voiced(speaker, self._converter_of(voice), rate_hz)

    def warm(self) -> None:
        """Load what a conversation needs, and read the persona of the settings' voice once.

        Raises:
            VoxError: An engine cannot be had.
        """
        voice = self.voice(None)
        self.detector()
        self.transcriber()
        self.speaker(voice, WARM_HZ).open(voice)
        history = History(build_talk.persona(voice))
        with closing(self.responder().reply(history.with_user("Hello."))) as greeting:
            next(greeting, None)

    def close(self) -> None:
        """Free what must be freed."""
        with self._lock:
            responder = self._loaded.pop("llm", None)
        if responder is not None:
            responder.close()  # type: ignore[attr-defined]  # a Responder

    def _converter_of(self, voice: Voice) -> Converter | None:
        name = next((name for name in voice.engines if name in registry.converter_names()), None)
        return self.converter(name) if name else None

    def _once(self, name: str, load: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load()
            return self._loaded[name]  # type: ignore[return-value]  # each name has one kind


class Queued:
    """A transcriber that sessions share: calls wait for each other."""

    def __init__(self, inner: Transcriber) -> None:
        self.name, self.rate_hz, self.longest = inner.name, inner.rate_hz, inner.longest
        self._inner = inner
        self._one = threading.Lock()

    def transcribe(self, sound: Block) -> str:
        """See `dialogue.Transcriber`."""
        with self._one:
            return self._inner.transcribe(sound)
