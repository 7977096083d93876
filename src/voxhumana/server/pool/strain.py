"""How hard a worker is pressed: the share of the time that its conversions together take, as it passes.

Whatever slows them is in it: each other, the interpreter that they share, a core that is half another's
(hyperthreads), other programs. At 1 they fall behind. Who sends faster than in real time, as files do, counts
as if he did not: he takes what is left, and turns with the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

LOOK_S = 1.0
"""Between two looks."""
LOOKS = 3
"""Looked back on, so that one hiccup is not taken for what lasts."""


class Strain:
    """Looks at all conversions of a worker, every `LOOK_S`; `now_s` is when it begins."""

    def __init__(self, now_s: float) -> None:
        self._looked_s = now_s
        self._past: dict[int, deque[tuple[float, float, float]]] = {}

    def look(self, now_s: float, spent: Mapping[int, tuple[float, float]]) -> float:
        """The share that they took lately.

        Args:
            now_s: The time.
            spent: By conversion, seconds at work and seconds of sound since it began.
        """
        fresh = (self._looked_s, 0.0, 0.0)
        self._past = {number: self._past.get(number, deque([fresh], maxlen=LOOKS + 1)) for number in spent}
        for number, (work_s, sound_s) in spent.items():
            self._past[number].append((now_s, work_s, sound_s))
        self._looked_s = now_s
        return sum(map(_share, self._past.values()))


def _share(past: deque[tuple[float, float, float]]) -> float:
    (began_s, work_before_s, sound_before_s), (now_s, work_s, sound_s) = past[0], past[-1]
    return (work_s - work_before_s) / max(now_s - began_s, sound_s - sound_before_s)
