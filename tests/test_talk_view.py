"""What `vox talk` shows: in a recorded console, in a real pseudo-terminal, and in a pipe."""

import io
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from voxhumana.assistant.history import History, Spoken
from voxhumana.assistant.notes import Dismissed, Onset, Said, Taken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS, Phase
from voxhumana.config import Settings
from voxhumana.terminal.delay import bar, stages
from voxhumana.terminal.talk_desk import HELP, TalkDesk
from voxhumana.terminal.talk_view import TalkView

PROGRAM = Path(__file__).with_name("talking.py")


@pytest.fixture
def view() -> TalkView:
    view = TalkView(TalkDesk(["uncle"]), Settings(voice="uncle"))
    cast = SimpleNamespace(voice=SimpleNamespace(name="uncle"))
    level = SimpleNamespace
    view.sit(SimpleNamespace(cast=cast, heard=level(db=-18.0), played=level(db=-120.0)))
    return view


def drawn(view: TalkView, width: int = 80) -> str:
    console = Console(record=True, width=width, force_terminal=True, file=io.StringIO())
    console.print(view)
    return console.export_text()


def reply(text: str) -> Reply:
    return Reply(1, "What time is it?", History("Be kind."), 1.0, pieces=[Spoken(text, 9)])


def test_the_panel_tells_whose_turn_it_is_the_levels_the_engines_and_the_keys(view: TalkView) -> None:
    shown = drawn(view)
    for text in ("uncle", "listening", "-18 dB", "silent", HELP, "whisper \u00b7 llama \u00b7 hibari"):
        assert text in shown
    view.show(Phase.SPEAKING)
    assert "speaking; talk to interrupt" in drawn(view)


def test_words_are_shown_as_they_become_known_and_go_when_they_are_final(view: TalkView) -> None:
    view.show(Onset(0))
    view.show(Said("user", "what time", final=False))
    assert "what time" in drawn(view)
    assert "\u25cf you" in drawn(view)
    view.show(Said("user", "What time is it?", final=True))
    view.show(Taken(reply("It is half past "), 0, 1))
    view.show(Phase.SPEAKING)
    shown = drawn(view)
    assert "what time" not in shown
    assert "It is half past" in shown
    assert "\u25cf uncle" in shown
    view.show(Phase.LISTENING)
    assert "half past" not in drawn(view)


def test_words_that_came_to_nothing_go(view: TalkView) -> None:
    view.show(Onset(0))
    view.show(Said("user", "hm", final=False))
    view.show(Dismissed())
    assert "\u25cf" not in drawn(view)


def test_of_long_words_the_end_is_shown_and_no_line_is_wider_than_the_terminal(view: TalkView) -> None:
    view.show(Said("user", "word " * 60 + "end", final=False))
    for width in (34, 60, 80, 200):
        shown = drawn(view, width)
        assert "end" in shown
        assert max(map(len, shown.splitlines())) <= width


def test_nothing_is_drawn_anew_while_nothing_changes(view: TalkView) -> None:
    before = view.state
    view._scene.heard.db = -18.1
    assert view.state == before
    view._scene.heard.db = -9.0
    assert view.state != before


def test_a_bar_splits_the_delay_by_stage_and_leaves_out_what_was_drafted_before() -> None:
    timing = TurnTiming(
        end_of_speech=1_000 * MS,
        transcript=900 * MS,
        first_word=1_050 * MS,
        decision=1_200 * MS,
        first_sound=1_260 * MS,
    )
    assert stages(timing) == [("think", 50.0), ("wait", 150.0), ("speak", 60.0)]
    assert "260 ms = think 50 + wait 150 + speak 60" in bar(timing).plain
    assert bar(TurnTiming()).plain == ""
    timing.interruption = 2_000 * MS
    assert bar(timing).plain.endswith("interrupted")


def test_a_very_long_delay_has_a_bar_that_still_fits() -> None:
    timing = TurnTiming(end_of_speech=0, decision=500 * MS, first_sound=60_000 * MS)
    assert len(bar(timing).plain) <= 68


class Terminal:
    """The far end of a pseudo-terminal of 80 columns on which the program runs."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._far, near = pty.openpty()
        fcntl.ioctl(near, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(data_dir)],
            stdin=near,
            stdout=near,
            stderr=near,
            env=os.environ | {"TERM": "xterm-256color"} | env,
        )
        os.close(near)
        self.shown = ""
        self._at = 0

    def wait_for(self, text: str) -> None:
        """Read until `text` is shown, after what was waited for before."""
        until = time.monotonic() + 60
        while not (found := re.search(text, self.shown[self._at :])):
            assert time.monotonic() < until, self.shown[self._at :]
            if select.select([self._far], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self._far, 65_536).decode(errors="replace")
                except OSError:  # Linux' way to say that the other end is closed
                    assert re.search(text, self.shown[self._at :]), self.shown[self._at :]
        self._at += found.end()

    def type(self, keys: str) -> None:
        os.write(self._far, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._far)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
def test_in_a_real_terminal_there_is_a_panel_and_the_keys_do_as_they_say(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for("one two three")
        terminal.wait_for("speaking; talk to interrupt")
        terminal.wait_for("more to be said about it")
        terminal.type(" ")
        terminal.wait_for(r"ms.*interrupted")
        terminal.type("m")
        terminal.wait_for("MUTED")
        terminal.type("mn")
        terminal.wait_for("Here is .*")
        terminal.type("q")
        terminal.wait_for("turns 1, interrupted 1")
        assert terminal.process.wait(10) == 0
        assert "\x1b[?25h" in terminal.shown  # the cursor is back
    finally:
        terminal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
def test_a_terminal_that_cannot_draw_gets_plain_lines(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, TERM="dumb")
    try:
        terminal.wait_for("you  one two three")
        terminal.process.send_signal(2)
        terminal.wait_for("turns 1")
        assert "\u256d" not in terminal.shown
    finally:
        terminal.close()


def test_in_a_pipe_there_are_plain_lines_without_colours(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(tmp_path)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if "one two three" in line:
            process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    assert lines[0] == "Talk to uncle; Ctrl-C ends the conversation."
    assert lines[1] == "       you  one two three"
    assert not any("\x1b" in line for line in lines)
