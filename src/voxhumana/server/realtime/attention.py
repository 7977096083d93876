"""A detector's stream that hears nothing while nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voxhumana.dialogue import Activity
from voxhumana.engine import Block, Stream


class Attentive:
    """`Stream[Block, Activity]`.

    Args:
        inner: The detector's own.
        listening: Whether what is heard counts now.
    """

    def __init__(self, inner: Stream[Block, Activity], listening: Callable[[], bool]) -> None:
        self._inner = inner
        self._listening = listening

    def push(self, item: Block) -> Iterator[Activity]:
        """See `engine.Stream`."""
        for activity in self._inner.push(item):
            yield activity if self._listening() else Activity(activity.end, 0.0)

    def flush(self) -> Iterator[Activity]:
        """See `engine.Stream`."""
        yield from self._inner.flush()
