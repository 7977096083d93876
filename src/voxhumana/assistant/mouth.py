"""Plays a reply, falls silent without a click, and knows how much was heard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from voxhumana.assistant.reply import Reply
from voxhumana.engine import Block

FADE_S = 0.005
"""Time in which it falls silent and comes back: short enough for a barge-in, too long for a click."""


class Mouth:
    """One loudspeaker; used from the path's thread.

    Args:
        rate_hz: Of the sounds.
        look: Sees each block as it is played, for a level meter; must not wait.
    """

    def __init__(self, rate_hz: int, look: Callable[[Block], None] = lambda _: None) -> None:
        self._look = look
        self._step = 1.0 / (FADE_S * rate_hz)
        self._reply: Reply | None = None
        self._paused = False
        self._gain = 1.0
        self._piece = 0  # the sound being played,
        self._at = 0  # and from which of its samples on
        self.played = 0
        """Samples of the reply that were heard."""

    @property
    def done(self) -> bool:
        """Whether the reply was played to its end."""
        reply = self._reply
        return reply is not None and reply.over and reply.sound(self._piece) is None

    def speak(self, reply: Reply | None) -> None:
        """Begin a reply; None = be silent."""
        self._reply = reply
        self._paused = False
        self._gain = 1.0
        self._piece = self._at = self.played = 0

    def pause(self) -> None:
        """Fall silent within `FADE_S`."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False

    def play(self, frames: int) -> Block:
        """The next samples, float32 [frames]; silence where there is nothing to say."""
        sound = self._next(frames)
        self._look(sound)
        return sound

    def _next(self, frames: int) -> Block:
        if self._paused and self._gain <= 0.0:
            return np.zeros(frames, np.float32)
        sound = self._take(frames)
        goal = 0.0 if self._paused else 1.0
        if self._gain != goal:
            ramp = self._gain + np.copysign(self._step, goal - self._gain) * np.arange(1, frames + 1)
            ramp = np.clip(ramp, 0.0, 1.0).astype(np.float32)
            self._gain = float(ramp[-1])
            sound = sound * ramp
        return sound

    def _take(self, frames: int) -> Block:
        out = np.zeros(frames, np.float32)
        filled = 0
        while self._reply and filled < frames and (sound := self._reply.sound(self._piece)) is not None:
            part = sound[self._at : self._at + frames - filled]
            out[filled : filled + len(part)] = part
            filled += len(part)
            self._at += len(part)
            if self._at == len(sound):
                self._piece, self._at = self._piece + 1, 0
        self.played += filled
        return out
