"""What stands behind the path and takes its time: it understands, has replies made, and tells news of it."""

from __future__ import annotations

from typing import Protocol

from voxhumana.assistant.drafter import Request
from voxhumana.assistant.history import History
from voxhumana.assistant.reply import Reply


class Worker(Protocol):
    """Understands drafts and makes replies; see `assistant.drafter`. All but `close` return at once."""

    def draft(self, request: Request) -> None:
        """Understand this, and prepare a reply."""

    def hint(self, draft: int) -> None:
        """The user fell silent after what this draft heard."""

    def prepare(self, reply: Reply) -> None:
        """Make this reply as soon as its words are judged, however incomplete they are."""

    def make(self, reply: Reply) -> None:
        """Make this reply now, if that is not begun."""

    def read(self, history: History) -> None:
        """Let the language model read what was said, before more is."""

    def say(self, reply: Reply, text: str) -> None:
        """Let `text` be this reply."""

    @property
    def busy(self) -> bool:
        """Whether anything is being understood or made."""

    def close(self) -> None:
        """End."""
