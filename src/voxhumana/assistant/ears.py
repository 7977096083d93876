"""Between microphone and turn: resampled, without our own voice, judged for speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from voxhumana.dialogue import Activity
from voxhumana.engine import Block, Stream


class Echo(Protocol):
    """Takes what was played out of what was heard; see `audio.echo`."""

    @property
    def alone(self) -> bool:
        """Whether nothing of what is played comes back, as with headphones."""

    def push(self, near: Block, far: Block) -> Block:
        """Return the microphone without our own voice."""


@dataclass(frozen=True)
class Ears:
    """What a block goes through before it is a word; everything at the detector's rate, 16 kHz."""

    near: Stream[Block, Block]
    """Resamples the microphone."""
    far: Stream[Block, Block]
    """Resamples what was played."""
    echo: Echo | None
    """None = headphones."""
    activities: Stream[Block, Activity]
    hop: int
    """Samples of an `Activity`."""
    hisses: Stream[Block, bool] | None = None
    """Says of what is left whether a hiss has just begun; None = who knows whether our voice comes back."""

    @property
    def alone(self) -> bool:
        """Whether what is heard over a reply is surely not the reply: the faintest sign of a voice is one."""
        return self.hisses is not None and (self.echo is None or self.echo.alone)
