"""How hard a worker is pressed: the share of the time, as it really passes, in which it had something to do.

Whatever slows it is in it: conversions, the interpreter that they share, a core that is half another's
(hyperthreads), other programs. At 1 it falls behind.
"""

from __future__ import annotations

from collections import deque

LOOK_S = 1.0
"""Between two looks."""
LOOKS = 3
"""Looked back on, so that one hiccup is not taken for what lasts."""


class Strain:
    """Looks at a worker every `LOOK_S`."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, float]] = deque(maxlen=LOOKS + 1)

    def look(self, now_s: float, worked_s: float) -> float:
        """The share lately, 0 at first; `worked_s` is all that it worked until now."""
        self._past.append((now_s, worked_s))
        began_s, before_s = self._past[0]
        return (worked_s - before_s) / max(now_s - began_s, LOOK_S)
