"""Whether what a client heard was its own, stretch by stretch, and how late; sound may be lost meanwhile.

Each stretch is looked for in what everybody said, from where it should be to as much later as was lost. It is
its client's own if nothing that another said is more like it. What was lost by then is known from where it
was found, and with that where the silences are, and which sample belongs to which frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxhumana.bench.peer import FRAME, RATE_HZ, STEP, STEPS, Levels, Peer

STRETCH = 4 * STEPS
"""Steps: eight pieces of speech."""
FLOOR = 1e-3
"""-60 dB: what is below is silence, whatever it is."""
HUSH = slice(2 * STEPS // 5, 4 * STEPS // 5)
"""Of its silent second, when a client is listened to: before, what it said dies away, and after, filters of
linear phase announce what it will say."""


@dataclass(frozen=True)
class Stretch:
    """Where a stretch was found."""

    shift: int
    """Steps that had been lost by then."""
    own: float
    """How like it is what its client said there: correlation of levels in dB."""
    other: float
    """How like it is the most similar that any other client said."""


def stretches(peer: Peer, heard: Levels, said: Sequence[Levels]) -> list[Stretch]:
    """Find each whole stretch that a client heard; `said` by everybody, in the order of their numbers.

    Sound that is lost leaves a gap in no stretch, but brings the next one forward; so shifts never fall.
    """
    found: list[Stretch] = []
    lag, most = round(peer.latency / STEP), max(0, -(-peer.lost // STEP))
    for at in range(lag, len(heard) - STRETCH + 1, STRETCH):
        least = found[-1].shift if found else 0
        stretch = slice(at - lag + least, at - lag + most + STRETCH)
        alike = [_alike(_db(heard[at : at + STRETCH]), _db(levels[stretch])) for levels in said]
        own = alike.pop(peer.number)
        if not len(own):
            break
        other = max((float(each.max()) for each in alike), default=-1.0)
        found.append(Stretch(least + int(own.argmax()), float(own.max()), other))
    return found


def silences(peer: Peer, heard: Levels, found: Sequence[Stretch]) -> Iterator[float]:
    """Yield the peak of each silence that is known to be there: nothing was lost just before or after."""
    lag = round(peer.latency / STEP)
    for second in range(len(peer.sent_s) * FRAME // RATE_HZ):
        if not peer.silent(second):
            continue
        for number, stretch in enumerate(found):
            start = second * STEPS + lag - stretch.shift
            beside = {each.shift for each in found[max(0, number - 1) : number + 2]}
            if (start - lag) // STRETCH == number and len(beside) == 1:
                yield float(heard[start:][HUSH].max(initial=0.0))


def delays_ms(peer: Peer, found: Sequence[Stretch]) -> npt.NDArray[np.float64]:
    """From when a frame was sent to when the sample that belongs to it came, `latency` samples later."""
    came_s, sent_s = np.array(peer.came_s), np.array(peer.sent_s)
    last = np.array(peer.received) - 1 - peer.latency
    shifts = np.array([stretch.shift for stretch in found] or [0])
    shift = shifts[np.clip(last // (STRETCH * STEP), 0, len(shifts) - 1)]
    frames = (last + shift * STEP) // FRAME
    known = (last >= 0) & (frames < len(sent_s))
    out: npt.NDArray[np.float64] = (came_s[known] - sent_s[frames[known]]) * 1e3
    return out


def _db(levels: Levels) -> Levels:
    return 20 * np.log10(np.maximum(levels, FLOOR))


def _alike(stretch: Levels, place: Levels) -> Levels:
    """Pearson's correlation of the stretch with each window of the place."""
    size = len(stretch)
    if len(place) < size:
        return np.zeros(0, np.float32)
    wanted = stretch - stretch.mean()
    sums = np.cumsum(np.concatenate([[0.0], place]))
    squares = np.cumsum(np.concatenate([[0.0], place.astype(np.float64) ** 2]))
    spread = squares[size:] - squares[:-size] - (sums[size:] - sums[:-size]) ** 2 / size
    norm = np.sqrt(np.maximum(spread, 1e-9)) * max(float(np.linalg.norm(wanted)), 1e-9)
    alike: Levels = (np.correlate(place, wanted, "valid") / norm).astype(np.float32)
    return alike
