"""The converter that changes nothing: the measure of the path around it, and the dry side of bypass."""

from __future__ import annotations

from collections.abc import Iterator

from voxhumana.engine import Block
from voxhumana.voice import Voice


class Identity:
    """Returns its input exactly, at once, at whatever rate the device runs."""

    name = "identity"
    latency = 0
    hop = 1

    def __init__(self, rate_hz: int = 48_000) -> None:
        self.rate_hz = rate_hz

    def open(self, voice: Voice | None = None) -> IdentityStream:  # noqa: ARG002
        """Begin a session; the voice does not matter."""
        return IdentityStream()


class IdentityStream:
    """Holds nothing."""

    pitch_semitones = 0.0

    def push(self, item: Block) -> Iterator[Block]:
        """Yield the block itself."""
        yield item

    def flush(self) -> Iterator[Block]:
        """Yield nothing: nothing is held back."""
        yield from ()
