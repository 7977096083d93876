"""The tools that come with the assistant: clock, timer, another voice, remember and forget."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from voxhumana.assistant.tools import Tool
from voxhumana.errors import VoxError

LONGEST_MIN = 24 * 60
"""Of a timer, in minutes."""
TIMERS = 20
"""That run at once."""
CALLS = (
    "become", "change into", "change to", "get me", "give me", "let me hear", "now be", "please be",
    "speak to", "speak with", "switch to", "talk to", "talk with", "turn into", "you be",
)  # fmt: skip
"""What comes before a voice's name if it is wanted. The name alone is no hint: of "Would you rather be a
giant or a mouse?" and "Where does the word robot come from?" the model made calls."""


class Facts(Protocol):
    """Where facts are kept; see `library.memory`."""

    def remember(self, fact: str) -> None:
        """Keep a fact."""

    def forget(self, talks: None = None, facts: str | None = None) -> int:
        """Delete the facts that contain some words."""


def clock() -> Tool:
    """Tell the time and the date."""

    def time_and_date() -> str:
        now = datetime.now().astimezone()
        return f"It is {now:%H:%M} on {now:%A}, the {now.day}. of {now:%B}."

    hints = {
        "what time is it", "what time it is", "what is the time", "the time now", "tell me the time",
        "what date", "the date", "what day", "which day", "what is today",
    }  # fmt: skip
    return Tool("time_and_date", time_and_date, "the time now and the date of today", frozenset(hints))


class Timers:
    """Timers of one conversation; they speak up when they are over.

    Args:
        announce: Speaks a sentence as soon as nobody else does; from any thread.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._running: set[threading.Timer] = set()

    def tool(self) -> Tool:
        """Start one."""
        hints = {"timer", "remind", "alarm", "minutes", "minute", "wake"}
        return Tool("timer", self.start, "start a timer", frozenset(hints))

    def start(self, minutes: float) -> str:
        """Start a timer; return what to say."""
        if not 0 < minutes <= LONGEST_MIN:
            raise VoxError("I can only set timers of up to a day.")
        self._running = {timer for timer in self._running if timer.is_alive()}
        if len(self._running) >= TIMERS:
            raise VoxError("There are too many timers running already.")
        shown = f"{minutes:g} minute{'' if minutes == 1 else 's'}"
        timer = threading.Timer(minutes * 60, self._announce, [f"Your {shown} are over."])
        timer.daemon = True
        timer.start()
        self._running.add(timer)
        return f"All right, {shown} from now."

    def close(self) -> None:
        """Stop them all."""
        for timer in self._running:
            timer.cancel()


def remember(facts: Facts) -> Tool:
    """Keep a fact."""

    def keep(fact: str) -> str:
        facts.remember(fact)
        return "I will remember that."

    hints = {
        "remember that",
        "remember this",
        "please remember",
        "make a note",
        "do not forget",
        "don t forget",
    }
    return Tool("remember", keep, "remember a fact about me, in a whole sentence", frozenset(hints))


def forget(facts: Facts) -> Tool:
    """Delete facts."""

    def drop(words: str) -> str:
        if not words.strip():
            raise VoxError("Tell me which words I should forget.")
        return "It is forgotten." if facts.forget(facts=words.strip()) else "I did not know that anyway."

    return Tool("forget", drop, "forget the facts that contain these words", frozenset({"forget"}))


def change_voice(change: Callable[[str], str], names: list[str]) -> Tool:
    """Speak in another voice.

    Args:
        change: Changes to a voice by its name; returns what to say.
        names: The voices there are.
    """
    known = ", ".join(names)

    def change_to(name: str) -> str:
        return change(name)

    hints = {"voice", "voices", "speak as", "speak like", "talk as", "talk like", "sound like"}
    for name in names:
        said = " ".join(re.findall("[a-z]+", name.lower()))  # as `offered` reads a message
        hints |= {f"{call} {article}{said}" for call in CALLS for article in ("", "a ", "an ", "the ")}
    return Tool("voice", change_to, f"change my voice to one of: {known}", frozenset(hints))
