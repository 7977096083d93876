"""Global hotkeys: mute, push-to-talk, bypass and voices, while another window has the focus.

Needs the extra `hotkeys`: pynput's thread says which keys go down and up, `Chords` makes actions of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from voxhumana.config import Hotkey
from voxhumana.errors import UsageError
from voxhumana.terminal.desk import Desk

NO_DESKTOP = "Global hotkeys are off: they need a desktop session; the keys of this window work all the same."
WAYLAND = (
    "Wayland shows global hotkeys only to X11 windows that have the focus; "
    "log in with X11, or use the keys of this window."
)
MAC = (
    "Global hotkeys are off until you allow your terminal in "
    "System Settings > Privacy & Security > Accessibility, and start again."
)


class Chords:
    """Keys that go down and up in, actions out; an action begins when the last key of its chord goes down.

    Args:
        chords: Action -> the keys that must be down together.
        desk: What is told.
    """

    def __init__(self, chords: Mapping[str, frozenset[Hashable]], desk: Desk) -> None:
        self._chords = chords
        self._desk = desk
        self._down: set[Hashable] = set()
        self._held: set[str] = set()

    def press(self, key: Hashable) -> None:
        """A key went down, or repeats itself."""
        self._down.add(key)
        for action, chord in self._chords.items():
            if chord <= self._down and action not in self._held:
                self._held.add(action)
                if action == "push_to_talk":
                    self._desk.mute(False)
                else:
                    self._desk.do(action)

    def release(self, key: Hashable) -> None:
        """A key came up."""
        self._down.discard(key)
        for action in [held for held in self._held if key in self._chords[held]]:
            self._held.remove(action)
            if action == "push_to_talk":
                self._desk.mute(True)


@contextmanager
def listen(hotkeys: Mapping[Hotkey, str], desk: Desk, warn: Callable[[str], None]) -> Iterator[None]:
    """Obey hotkeys while the `with` block lasts.

    Args:
        hotkeys: Action -> chord as pynput writes it, such as `<ctrl>+<alt>+m`.
        desk: What is told.
        warn: Takes the one sentence that says why they do not work.

    Raises:
        UsageError: A chord cannot be read.
    """
    if not find_spec("pynput"):
        yield
        return
    try:
        from pynput import keyboard  # noqa: PLC0415  # an extra, and it looks for a display at once
    except ImportError:
        warn(NO_DESKTOP)
        yield
        return
    if os.environ.get("XDG_SESSION_TYPE") == "wayland":
        warn(WAYLAND)
    chords = Chords({action: _parse(keyboard, text) for action, text in hotkeys.items()}, desk)
    listener: Any = keyboard.Listener(
        on_press=lambda key: chords.press(listener.canonical(key)),
        on_release=lambda key: chords.release(listener.canonical(key)),
    )
    with listener:
        if sys.platform == "darwin" and not listener.IS_TRUSTED:
            warn(MAC)
        yield


def _parse(keyboard: Any, text: str) -> frozenset[Hashable]:  # noqa: ANN401  # an untyped module
    try:
        return frozenset(keyboard.HotKey.parse(text))
    except ValueError as error:
        raise UsageError(f"The hotkey {text!r} cannot be read; write it like <ctrl>+<alt>+m.") from error
