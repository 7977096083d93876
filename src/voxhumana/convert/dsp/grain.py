"""One period of the speaker, cut out around its mark and scaled to another vocal tract.

A grain played back faster has its resonances higher, as a shorter vocal tract does; where grains are put down
again decides the pitch alone. K. Lent, "An Efficient Method for Pitch Shifting Digitally Sampled Sounds",
1989; E. Moulines and F. Charpentier, "Pitch-Synchronous Waveform Processing Techniques", 1990.

        last mark      mark        next mark
    in  ....|-----left---|---right----|....       window: half a Hann on either side, 1 at the mark
    out       |--l/tract-|-r/tract--|             so that grains put back at their marks sum to the sound
"""

from __future__ import annotations

from math import ceil, floor, pi

import numpy as np

from voxhumana.convert.dsp.history import History
from voxhumana.engine import Block


def cut(sound: History, mark: float, left: float, right: float, tract: float, at: float) -> tuple[int, Block]:
    """Cut the grain around `mark` and scale it so that its mark falls on `at`.

    Args:
        sound: Where it is cut from; must reach beyond `mark + right`.
        mark: Its centre, in samples.
        left: Reach of its window before the mark, in samples of the sound.
        right: The same behind it.
        tract: Factor on all resonances; above 1 = shorter vocal tract.
        at: Where its centre goes, in samples of the output.

    Returns:
        The place of its first sample in the output, and the grain, float32.
    """
    first = ceil(at - left / tract)
    count = floor(at + right / tract) - first + 1
    offset = (np.arange(count, dtype=np.float32) + np.float32(first - at)) * np.float32(tract)
    rising = max(0, ceil(at) - first)
    window = offset.copy()
    window[:rising] *= np.float32(pi / left)
    window[rising:] *= np.float32(pi / right)
    np.cos(window, out=window)
    window *= np.float32(0.5)
    window += np.float32(0.5)
    window *= _read(sound, mark, offset)
    return first, window


def _read(sound: History, mark: float, offset: Block) -> Block:
    """Read between samples, by the cubic Hermite spline through four (Catmull-Rom)."""
    base = floor(mark + float(offset[0])) - 2
    place = offset + np.float32(mark - base)
    i = place.astype(np.intp)
    f = place - i.astype(np.float32)
    x = sound.between(base, base + int(i[-1]) + 3)
    b, c = x.take(i), x[1:].take(i)
    i -= 1
    a, d = x.take(i), x[3:].take(i)
    value: Block = b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
    return value
