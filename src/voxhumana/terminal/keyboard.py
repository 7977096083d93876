"""Single key presses from a terminal, on POSIX and Windows."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import Self

_ARROWS = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left"}
_WINDOWS_ARROWS = {"H": "up", "P": "down", "M": "right", "K": "left"}

if sys.platform == "win32":
    import msvcrt

    class Keyboard:
        """Yields keys while its `with` block lasts."""

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def key(self, wait_s: float) -> str | None:
            """The key pressed within `wait_s` seconds: a character or `up`, `down`, `left`, `right`."""
            until = time.monotonic() + wait_s
            while not msvcrt.kbhit():
                if time.monotonic() > until:
                    return None
                time.sleep(0.01)
            pressed = msvcrt.getwch()
            if pressed in "\0\xe0":  # the first half of a key that is no character
                return _WINDOWS_ARROWS.get(msvcrt.getwch())
            return pressed

else:
    import termios
    import tty

    class Keyboard:
        """Yields keys while its `with` block lasts; the terminal is as before afterwards."""

        def __enter__(self) -> Self:
            self._fd = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd)
            return self

        def __exit__(self, *_: object) -> None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

        def key(self, wait_s: float) -> str | None:
            """The key pressed within `wait_s` seconds: a character or `up`, `down`, `left`, `right`."""
            if not select.select([self._fd], [], [], wait_s)[0]:
                return None
            pressed = os.read(self._fd, 1)
            if pressed == b"\x1b" and select.select([self._fd], [], [], 0)[0]:  # the head of an arrow
                pressed += os.read(self._fd, 2)
            text = pressed.decode(errors="ignore")
            return _ARROWS.get(text, text)
