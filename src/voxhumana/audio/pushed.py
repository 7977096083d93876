"""A microphone that is heard only while somebody pushes a button; otherwise it gives silence, at its pace.

Who looks on sees what is heard, not what is muted.
"""

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
        look: Sees each block as it is heard, for a level meter; must not wait.
    """

    def __init__(
        self, source: Source, deaf: Callable[[], bool], look: Callable[[Block], None] = lambda _: None
    ) -> None:
        self.name, self.rate_hz, self.frames = source.name, source.rate_hz, source.frames
        self.latency, self.clock = source.latency, source.clock
        self._source = source
        self._deaf = deaf
        self._look = look

    @property
    def dropped(self) -> int:
        """Samples lost because nobody read them in time."""
        return self._source.dropped

    def read(self) -> Block | None:
        """The next block, or as much silence."""
        block = self._source.read()
        if block is None:
            return None
        if self._deaf():
            block = np.zeros_like(block)
        self._look(block)
        return block

    def close(self) -> None:
        """Give the device back."""
        self._source.close()
