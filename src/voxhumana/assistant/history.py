"""What was said: the messages of a conversation, of its replies only what was heard, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from voxhumana.assistant.opening import unopened
from voxhumana.assistant.repetition import alike, repeats
from voxhumana.dialogue import Message

BUDGET = 3_000
"""Characters kept, some 750 tokens; see `Settings.history_chars`."""


@dataclass(frozen=True)
class Spoken:
    """A piece of a reply, as long as it sounds."""

    text: str
    samples: int


def heard(pieces: list[Spoken], played: int) -> str:
    """The text of a reply that was heard when `played` samples of it were; a word cut in two was not."""
    text = ""
    for piece in pieces:
        if played < piece.samples:
            part = piece.text[: len(piece.text) * played // piece.samples]
            return (text + part[: part.rfind(" ") + 1]).strip()
        text += piece.text
        played -= piece.samples
    return text.strip()


@dataclass(frozen=True)
class History:
    """A conversation as the language model reads it; a value: a draft keeps the one it was made for.

    When it outgrows the budget, its older half is dropped at once and not message by message: what stays is
    then a stable prefix, which any model's cache keeps for many turns.
    """

    persona: str
    """The system message; never dropped."""
    said: tuple[Message, ...] = ()
    budget: int = BUDGET
    """Characters kept of what was said."""
    later: str | None = field(default=None, compare=False)
    """The persona from when the older half is dropped: the model then reads everything anew anyway."""

    def with_user(self, text: str) -> list[Message]:
        """Return the messages with `text` as the user's next."""
        return [Message("system", self.persona), *_merged([*self.said, Message("user", text)])]

    def recast(self, persona: str) -> History:
        """Return it for somebody else, who knows the latest of it: a model reads it from the beginning.

        A quarter of the budget takes the embedded one 4 s, all of it 14.
        """
        return replace(self, persona=persona, later=None, said=tuple(_newest(self.said, self.budget // 4)))

    def after(self, user: str, assistant: str) -> History:
        """Return the history after a turn: the words of the user, if any, and what was heard of the reply.

        Openings are left out; see `opening`. So is an exchange in which the reply says the user's words back,
        at once, and one that stands here already as soon as another follows it; see `repetition`.
        """
        meant = unopened(assistant)
        if alike(user, meant):
            return self
        said = [*(self.said[:-2] if repeats(self.said) else self.said)]
        if user:
            said.append(Message("user", user))
        if meant:
            said.append(Message("assistant", meant))
        said = _merged(said)
        if _length(said) > self.budget:
            said = _newest(said, self.budget // 2)
            return replace(self, said=tuple(said), persona=self.later or self.persona, later=None)
        return replace(self, said=tuple(said))


def within(said: Sequence[Message], budget: int = BUDGET) -> list[Message]:
    """Return what is kept of what was said, in order: whenever it outgrew the budget, its older half went.

    So with every message more the beginning is the one of before, but for the rare times of dropping; keeping
    merely the newest would begin with another message each time, and have everything read anew.
    """
    kept: list[Message] = []
    for message in said:
        kept.append(message)
        if _length(kept) > budget:
            kept = _newest(kept, budget // 2)
    return kept


def _newest(said: Sequence[Message], length: int) -> list[Message]:
    """The newest messages of so many characters, from one of the user's on."""
    at = 0
    while _length(said[at:]) > length and len(said) - at > 1:
        at += 1
    while len(said) - at > 1 and said[at].role == "assistant":
        at += 1
    return [*said[at:]]


def _merged(messages: list[Message]) -> list[Message]:
    """Join neighbours of one role: models are trained on turns that alternate."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].text} {message.text}")
        else:
            merged.append(message)
    return merged


def _length(messages: Sequence[Message]) -> int:
    return sum(len(message.text) for message in messages)
