"""A second output, to hear oneself: it may be changed, lost and found again, and the path never notices.

`write` runs on the audio thread. Opening and closing, which take their time, run on a thread of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from voxhumana.audio.device import Sink
from voxhumana.audio.resample import Resample
from voxhumana.engine import Block, Stream
from voxhumana.errors import DeviceLostError, VoxError

POLL_S = 0.5
"""Pause between looks for a device that went away."""


class Monitor:
    """Plays along on the device that `listen` names.

    Args:
        open_sink: Opens an output by the word that people type.
        device: The first; None = none.
        warn: Takes a sentence when a device cannot be had, on any thread; must not wait.

    Raises:
        VoxError: The first device cannot be opened.
    """

    def __init__(
        self, open_sink: Callable[[str], Sink], device: str | None, warn: Callable[[str], None]
    ) -> None:
        self._open_sink = open_sink
        self._warn = warn
        self._wanted = self._here = device
        self._warned = False
        self._sink = open_sink(device) if device else None
        self._using = threading.Lock()  # held while a sink is written to, and to take it away
        self._resampler: Stream[Block, Block] | None = None
        self._rates = (0, 0)
        self._changed = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._tend, name="monitor", daemon=True)
        self._thread.start()

    def listen(self, device: str | None) -> None:
        """Play on another device, or on none; from any thread."""
        self._wanted, self._warned = device, False
        self._changed.set()

    def write(self, block: Block, rate_hz: int) -> None:
        """Play a block, float32 [T] at `rate_hz`, if there is where; never waits."""
        with self._using:
            if not self._sink:
                return
            try:
                for out in self._resampled(block, (rate_hz, self._sink.rate_hz)):
                    self._sink.write(out)
            except DeviceLostError as why:
                if self._here:  # else it was told, and the thread has not come to take the sink away
                    self._warn(f"You cannot hear yourself for now: {why}")
                    self._warned, self._here = True, None
                    self._changed.set()

    def close(self) -> None:
        """Give the device back."""
        self._closed = True
        self._changed.set()
        self._thread.join()
        self._put(None)

    def _tend(self) -> None:
        while not self._closed:
            self._changed.wait(None if self._here == self._wanted else POLL_S)
            self._changed.clear()
            if self._here != (wanted := self._wanted):
                self._put(None)
                try:
                    sink = self._open_sink(wanted) if wanted else None
                    self._here = wanted  # first, so that a device lost at its first block is looked for again
                    self._put(sink)
                except VoxError as why:
                    if not self._warned:
                        self._warn(str(why))
                    self._warned = True

    def _put(self, sink: Sink | None) -> None:
        with self._using:
            old, self._sink = self._sink, sink
        if old:
            old.close()

    def _resampled(self, block: Block, rates: tuple[int, int]) -> Iterable[Block]:
        if rates[0] == rates[1]:
            return (block,)
        if rates != self._rates:
            self._resampler, self._rates = Resample(*rates).open(), rates
        assert self._resampler
        return self._resampler.push(block)
