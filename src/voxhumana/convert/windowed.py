"""Networks that are not causal, in windows, each heard with some past and some future, joined to the last.

    | past ................. | hop ............ | fade | ahead |
    what the network hears; of what it renders   `given `into the next

That is how a whole-utterance model keeps the contract: it is late by `ahead` and `fade`, waits for a hop, and
says so. For files nobody waits; live it is seconds behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from voxhumana.audio.reblock import Hops
from voxhumana.convert.dsp.history import History
from voxhumana.convert.hush import Hush
from voxhumana.convert.rvc.join import Join
from voxhumana.engine import Block


class Windows:
    """The sizes, in samples.

    Args:
        rate_hz: Of sound in and out.
        frame: Samples a frame of the network; everything is rounded to whole ones.
        past_s: Seconds heard again.
        hop_s: Seconds given at a time.
        ahead_s: Seconds of future heard.
        fade_s: Seconds in which one rendering gives way to the next.
    """

    def __init__(
        self, rate_hz: int, frame: int, past_s: float, hop_s: float, ahead_s: float, fade_s: float = 0.03
    ) -> None:
        past, self.hop, self.ahead, self.fade = (
            max(1, round(s * rate_hz / frame)) * frame for s in (past_s, hop_s, ahead_s, fade_s)
        )
        self.rate_hz = rate_hz
        self.search = rate_hz // 100 // 2 * 2
        self.latency = self.ahead + self.fade + self.search // 2
        self.all = past + self.hop + self.ahead + self.fade


class WindowedStream:
    """A session.

    Args:
        windows: Their sizes.
        render: float32 [windows.all] -> as much, laid on it; loud or not, it is made finite and hushed here.
    """

    pitch_semitones = 0.0
    """Without effect: these voices have the pitch that their network gives them."""

    def __init__(self, windows: Windows, render: Callable[[Block], Block]) -> None:
        self._windows, self._render = windows, render
        self._heard = History(windows.all)
        self._join = Join(windows.hop, windows.fade, windows.search)
        self._hush = Hush(windows.rate_hz, windows.hop, windows.latency)
        self._hops = Hops(self._step, windows.hop, windows.latency)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield a hop for each one taken."""
        return self._hops.push(item)

    def flush(self) -> Iterator[Block]:
        """Yield the rest, as if silence followed."""
        return self._hops.flush()

    def _step(self, block: Block) -> Block:
        w = self._windows
        self._heard.push(block)
        sound = self._render(self._heard.between(self._heard.end - w.all, self._heard.end).copy())
        sound = np.nan_to_num(sound.astype(np.float32), posinf=0.0, neginf=0.0)
        sound = np.pad(sound, (0, max(0, w.all - len(sound))))[: w.all]
        start = w.all - w.ahead - w.fade - w.hop - w.search
        return self._join.next(sound[start : start + w.search + w.hop + w.fade]) * self._hush.hear(block)
