"""Cuts sound of any length into utterances that a transcriber takes; where nobody speaks, nothing comes out.

speech    ____####_###___________####____
utterance   |<--------->|     |<------>|      PAD on both sides, no pause as long as PAUSE inside
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voxhumana.dialogue import Detector
from voxhumana.engine import Block

OPEN = 0.5
CLOSE = 0.35
"""Probability that begins speech, and below which it is over (silero-vad's defaults)."""
PAUSE_S = 1.0
"""A pause this long ends an utterance; 0.6 s cuts slow readers between words and costs 4 points of WER."""
PAD_S = 0.2
"""Kept before and after, for soft onsets and releases."""
SHORTEST_S = 0.1
"""Shorter speech than this is a click or a breath."""


@dataclass(frozen=True)
class Utterance:
    """A stretch in which somebody spoke."""

    start: int
    """First sample, counted from the beginning of the stream."""
    sound: Block


class UtteranceStream:
    """`Stream[Block, Utterance]` at the detector's rate; holds no more than one utterance.

    Args:
        detector: Who says what is speech.
        longest: Cut longer utterances at the frame least like speech in their last quarter, in samples.
    """

    def __init__(self, detector: Detector, longest: int) -> None:
        self._activities = detector.open()
        self._hop = detector.hop
        self._pad = round(PAD_S * detector.rate_hz)
        self._pause = round(PAUSE_S * detector.rate_hz)
        self._shortest = round(SHORTEST_S * detector.rate_hz)
        self._longest = longest
        self._sound: Block = np.zeros(0, np.float32)
        self._origin = 0  # of _sound[0], in samples since the beginning
        self._seen: list[float] = []  # speech in each frame since _first
        self._first: int | None = None  # where the speech began
        self._last = 0  # where the last frame of speech ended

    def push(self, item: Block) -> Iterator[Utterance]:
        """Take sound; yield the utterances that ended in it."""
        self._sound = np.concatenate([self._sound, item])
        for activity in self._activities.push(item):
            if self._first is None:
                if activity.speech >= OPEN:
                    self._first, self._seen = activity.end - self._hop, []
                else:
                    self._forget(activity.end - self._hop - self._pad)
                    continue
            self._seen.append(activity.speech)
            if activity.speech >= CLOSE:
                self._last = activity.end
            if activity.end - self._last >= self._pause:
                yield from self._cut(self._last + self._pad)
                self._first = None
            elif activity.end + self._pad - self._begun() >= self._longest:
                dip = self._dip()
                at = self._first + dip * self._hop
                yield from self._cut(at)
                self._forget(at)
                self._first, self._seen, self._last = at, self._seen[dip:], max(self._last, at)

    def flush(self) -> Iterator[Utterance]:
        """Yield the utterance that the end of the sound interrupted."""
        if self._first is not None:
            yield from self._cut(self._last + self._pad)
            self._first = None

    def _begun(self) -> int:
        """Where the running utterance starts, its pad included."""
        assert self._first is not None
        return max(self._origin, self._first - self._pad)

    def _dip(self) -> int:
        """Which frame in the last quarter of the running utterance sounds least like speech."""
        late = len(self._seen) * 3 // 4
        return late + int(np.argmin(self._seen[late:]))

    def _cut(self, end: int) -> Iterator[Utterance]:
        """Yield what lies before `end`, unless it is too short to be words."""
        assert self._first is not None
        if self._last - self._first >= self._shortest:
            start = self._begun()
            yield Utterance(start, self._sound[start - self._origin : end - self._origin])

    def _forget(self, before: int) -> None:
        drop = before - self._origin
        if drop > 0:
            self._sound = self._sound[drop:]
            self._origin += drop
