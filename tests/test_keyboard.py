"""Keys from a real terminal device."""

import os
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")


@pytest.fixture
def terminal(monkeypatch):
    """The far end of a pseudo-terminal that is our standard input."""
    import pty

    far, near = pty.openpty()
    with os.fdopen(near) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield far
    os.close(far)


def test_keys_typed_at_once_come_one_by_one(terminal):
    from voxhumana.terminal.keyboard import Keyboard

    with Keyboard() as keyboard:
        os.write(terminal, b"m\x1b[A+\x1b[Dq")
        assert [keyboard.key(1) for _ in range(5)] == ["m", "up", "+", "left", "q"]


def test_no_key_is_none(terminal):
    from voxhumana.terminal.keyboard import Keyboard

    with Keyboard() as keyboard:
        assert keyboard.key(0) is None


def test_the_terminal_is_as_it_was_afterwards(terminal):
    import termios

    from voxhumana.terminal.keyboard import Keyboard

    before = termios.tcgetattr(sys.stdin)
    with Keyboard():
        assert termios.tcgetattr(sys.stdin) != before
    assert termios.tcgetattr(sys.stdin) == before
