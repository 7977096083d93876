"""How hard a worker is pressed: the time that its conversions take for their sound, as it really passes.

Whatever slows them is in it: each other, the interpreter that they share, a core that is half another's
(hyperthreads), other programs. At 1 the most pressed one falls behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

LOOK_S = 1.0
"""Between two looks."""
LOOKS = 3
"""Looked back on, so that one hiccup is not taken for what lasts."""
HEARD_S = 0.2
"""Sound of which a conversion must have had so much meanwhile to tell anything."""


class Strain:
    """Looks at all conversions of a process, every `LOOK_S`."""

    def __init__(self) -> None:
        self._past: dict[int, deque[tuple[float, float]]] = {}

    def look(self, spent: Mapping[int, tuple[float, float]]) -> float:
        """The share of real time that the most pressed conversion took lately.

        Args:
            spent: By conversion, seconds at work and seconds of sound since it began.
        """
        self._past = {
            number: self._past.get(number, deque([(0.0, 0.0)], maxlen=LOOKS + 1)) for number in spent
        }
        for number, now in spent.items():
            self._past[number].append(now)
        return max(map(_share, self._past.values()), default=0.0)


def _share(past: deque[tuple[float, float]]) -> float:
    (work_before_s, sound_before_s), (work_s, sound_s) = past[0], past[-1]
    heard_s = sound_s - sound_before_s
    return (work_s - work_before_s) / heard_s if heard_s >= HEARD_S else 0.0
