"""A room around the voice: eight delay lines that feed one another, from a cupboard to a cave.

J.-M. Jot and A. Chaigne, "Digital Delay Networks for Designing Artificial Reverberators", 1991; with a
Hadamard matrix for feedback, so that no energy is lost but by the damping that is asked for.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.audio.recursive import Recursive
from voxhumana.engine import Block

LINES_S = (0.0097, 0.0131, 0.0157, 0.0199, 0.0233, 0.0281, 0.0317, 0.0373)
"""Lengths at size 1, without common divisors, so that echoes do not pile up."""
QUIET = 1e-8
"""What rings on below this is cut off, lest it ring for ever."""


class RoomSettings(BaseModel):
    """Size, walls, distance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["room"] = "room"
    size: float = Field(default=1.0, ge=0.6, le=4)
    """1 = a living room; a cave has 2 and more."""
    decay_s: float = Field(default=0.8, ge=0.1, le=8)
    """Time until the sound has fallen by 60 dB."""
    damping: float = Field(default=0.4, ge=0, le=0.95)
    """How much of the treble the walls swallow."""
    mix: float = Field(default=0.25, ge=0, le=1)
    """Share of the room."""

    def open(self, rate_hz: int) -> Room:
        """Begin a session."""
        return Room(self, rate_hz)


class Room:
    """A running room. A block must be shorter than the shortest line: 5.8 ms at size 0.6."""

    def __init__(self, settings: RoomSettings, rate_hz: int) -> None:
        lengths = np.round(np.array(LINES_S) * settings.size * rate_hz).astype(np.intp)
        self._ring = np.zeros((len(lengths), int(lengths.max()) + rate_hz // 100), np.float32)
        self._behind = -lengths[:, None]
        self._line = np.arange(len(lengths))[:, None]
        self._at = 0
        gain = 10 ** (-3 * lengths / (settings.decay_s * rate_hz))
        two = np.array([[1, 1], [1, -1]])
        hadamard = np.kron(np.kron(two, two), two)
        self._mixing = (hadamard / np.sqrt(len(lengths)) * gain).astype(np.float32)
        self._wall = Recursive([1 - settings.damping, 0], [1, -settings.damping], len(lengths), np.float32)
        self._signs = np.array([1, -1] * (len(lengths) // 2), np.float32) / np.float32(np.sqrt(len(lengths)))
        self._mix = np.float32(settings.mix)

    def process(self, block: Block) -> Block:
        """Add the room to `block`."""
        time = self._at + np.arange(len(block))
        self._at += len(block)
        heard = self._ring[self._line, (time + self._behind) % self._ring.shape[1]]
        damped = self._wall.push(heard)
        damped[np.abs(damped) < QUIET] = 0.0
        self._ring[:, time % self._ring.shape[1]] = self._mixing @ damped + block
        out: Block = (1 - self._mix) * block + self._mix * (self._signs @ heard)
        return out
