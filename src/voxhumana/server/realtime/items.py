"""The conversation as the protocol has it, a list of items, and as the language model reads it.

What of a reply was heard counts: it is kept as long as its sound was played, and may be cut shorter.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from voxhumana.assistant.history import BUDGET, History, Spoken, heard, within
from voxhumana.dialogue import Message
from voxhumana.server.realtime.tools import called, returned
from voxhumana.server.refusal import Refusal

MOST = 1_000
"""Items; of more the older half is forgotten, at once: see `history.within`."""


def new_id(kind: str) -> str:
    """A name that is nobody else's: `item_9f86d081884c7d65`."""
    return f"{kind}_{secrets.token_hex(8)}"


@dataclass
class Item:
    """One contribution."""

    shown: dict[str, Any]
    """As it is sent."""
    said: Message | None
    """As the model reads it; None where there are no words."""
    pieces: list[Spoken] = field(default_factory=list)
    """Of a spoken reply."""

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.shown["id"])


class Items:
    """The list.

    Args:
        budget: Characters of it that the model reads.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._items: list[Item] = []
        self._budget = budget

    def __len__(self) -> int:
        return len(self._items)

    @property
    def last_id(self) -> str | None:
        """Of the newest."""
        return self._items[-1].id if self._items else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put in an item after another, at the end by default; return the name of the one before it.

        Raises:
            Refusal: There is none to put it after, or one of its name already.
        """
        if any(known.id == item.id for known in self._items):
            raise Refusal(400, f"There is an item '{item.id}' already.", "item.id", "item_id_taken")
        at = len(self._items) if after is None else 0 if after == "root" else self._at(after) + 1
        before = self._items[at - 1].id if at else None
        self._items.insert(at, item)
        if len(self._items) > MOST:
            del self._items[: -MOST // 2]
        return before

    def find(self, item_id: str) -> Item:
        """The item of this name.

        Raises:
            Refusal: There is none.
        """
        return self._items[self._at(item_id)]

    def delete(self, item_id: str) -> None:
        """Take it out; raises as `find`."""
        del self._items[self._at(item_id)]

    def truncate(self, item_id: str, played: int) -> None:
        """Keep of a reply what `played` samples of it said.

        Raises:
            Refusal: There is no such reply.
        """
        item = self.find(item_id)
        if not item.pieces:
            raise Refusal(400, "Only what was spoken can be truncated.", "item_id", "not_spoken")
        text = heard(item.pieces, played)
        item.shown["content"] = [{"type": "output_audio", "transcript": text}]
        item.said = Message("assistant", text) if text else None

    def history(self, instructions: str) -> tuple[History, str]:
        """What the model reads before the user's newest words, and these, if any."""
        said = [item.said for item in self._items if item.said]
        newest: list[str] = []
        while said and said[-1].role == "user":
            newest.insert(0, said.pop().text)
        return History(instructions, tuple(within(said, self._budget)), self._budget), "\n".join(newest)

    def _at(self, item_id: str) -> int:
        for at, item in enumerate(self._items):
            if item.id == item_id:
                return at
        raise Refusal(400, f"There is no item '{item_id}' in this conversation.", "item_id", "item_not_found")


def message(role: str, content: list[dict[str, Any]], text: str, item_id: str | None = None) -> Item:
    """Somebody's words."""
    shown = {
        "id": item_id or new_id("item"),
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": role,
        "content": content,
    }
    return Item(shown, Message(role, text) if text else None)  # type: ignore[arg-type]  # the protocol's roles are ours


def call(name: str, arguments: str, call_id: str | None = None, item_id: str | None = None) -> Item:
    """A function that the model called."""
    shown = {
        "id": item_id or new_id("item"),
        "object": "realtime.item",
        "type": "function_call",
        "status": "completed",
        "call_id": call_id or new_id("call"),
        "name": name,
        "arguments": arguments,
    }
    return Item(shown, Message("assistant", called(name, arguments)))


def call_output(call_id: str, output: str, item_id: str | None = None) -> Item:
    """What it returned."""
    shown = {
        "id": item_id or new_id("item"),
        "object": "realtime.item",
        "type": "function_call_output",
        "status": "completed",
        "call_id": call_id,
        "output": output,
    }
    return Item(shown, Message("user", returned(output)))
