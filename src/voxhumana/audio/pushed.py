"""A microphone that is heard only while somebody pushes a button; otherwise it gives silence, at its pace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from voxhumana.audio.device import Source
from voxhumana.engine import Block


class Pushed:
    """A source, and the button.

    Args:
        source: The microphone.
        deaf: Whether nobody pushes; asked once a block, on the path's thread.
    """

    def __init__(self, source: Source, deaf: Callable[[], bool]) -> None:
        self.name, self.rate_hz, self.frames = source.name, source.rate_hz, source.frames
        self.latency, self.clock = source.latency, source.clock
        self._source = source
        self._deaf = deaf

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""
        return self._source.dropped

    def read(self) -> Block | None:
        """The next block, or as much silence."""
        block = self._source.read()
        return np.zeros_like(block) if block is not None and self._deaf() else block

    def close(self) -> None:
        """Give the device back."""
        self._source.close()
