"""What the assistant remembers: conversations turn by turn, and facts that the user asked it to remember.

A turn is written in one transaction when it is over: a crash or a power cut loses at most the one under way.
What is forgotten is gone from the file, its log and the copies that migrations made, not only from the lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voxhumana.library.database import FILE, Base, Database

LONGEST = 4_000
"""Characters kept of a message or a fact: a minute of speech has 1,000."""
FACTS = 200
"""Facts kept; the oldest give way."""


class TalkRow(Base):
    """A conversation."""

    __tablename__ = "talks"

    id: Mapped[int] = mapped_column(primary_key=True)
    begun: Mapped[str]
    """UTC, ISO 8601."""
    voice: Mapped[str]
    engines: Mapped[dict[str, str]] = mapped_column(JSON)
    """Names of `stt`, `llm` and `tts`."""
    turns: Mapped[list[TurnRow]] = relationship(order_by="TurnRow.id", passive_deletes=True)


class TurnRow(Base):
    """What the user said, and what was heard of the answer."""

    __tablename__ = "talk_turns"

    id: Mapped[int] = mapped_column(primary_key=True)
    talk: Mapped[int] = mapped_column(ForeignKey("talks.id", ondelete="CASCADE"), index=True)
    user: Mapped[str]
    assistant: Mapped[str]
    timing: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Moments in ms on the sample clock; see `assistant.timing`."""


class FactRow(Base):
    """Something that the user asked to be remembered."""

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)
    learnt: Mapped[str]
    """UTC, ISO 8601."""


@dataclass(frozen=True)
class Found:
    """A conversation in a list, or a place in one."""

    talk: int
    begun: str
    voice: str
    turns: int
    text: str
    """Its first words, or the turn that was looked for."""


class Memory:
    """The user's memory; from any thread.

    Args:
        data_dir: The user's data folder.

    Raises:
        VoxError: The database cannot be used; so do all methods.
    """

    def __init__(self, data_dir: Path) -> None:
        self._database = Database(data_dir / FILE)

    def begin(self, voice: str, engines: Mapping[str, str]) -> int:
        """Open a conversation; return its number."""
        with self._database.begin() as session:
            row = TalkRow(begun=_now(), voice=voice, engines=dict(engines))
            session.add(row)
            session.flush()
            return row.id

    def keep(self, talk: int, user: str, assistant: str, timing: Mapping[str, object]) -> None:
        """Write a turn that is over."""
        with self._database.begin() as session:
            words = {"user": user[:LONGEST], "assistant": assistant[:LONGEST]}
            session.add(TurnRow(talk=talk, timing=dict(timing), **words))

    def remember(self, fact: str) -> None:
        """Keep a fact; one that is known already is not kept twice."""
        text = " ".join(fact.split())[:LONGEST]
        with self._database.begin() as session:
            if not text or session.scalar(select(FactRow.id).where(FactRow.text == text)):
                return
            session.add(FactRow(text=text, learnt=_now()))
            session.flush()
            keep = select(FactRow.id).order_by(FactRow.id.desc()).limit(FACTS)
            session.execute(delete(FactRow).where(FactRow.id.not_in(keep)))

    def facts(self) -> list[str]:
        """What is remembered, oldest first."""
        with self._database.read() as session:
            return list(session.scalars(select(FactRow.text).order_by(FactRow.id)))

    def talks(self, limit: int = 20) -> list[Found]:
        """The latest conversations, the newest first."""
        with self._database.read() as session:
            rows = session.scalars(select(TalkRow).order_by(TalkRow.id.desc()).limit(limit))
            return [_found(row, row.turns[0].user if row.turns else "") for row in rows]

    def search(self, words: str, limit: int = 20) -> tuple[list[Found], list[str]]:
        """Turns, newest first, and facts in which all of `words` occur, in any order and case."""
        with self._database.read() as session:
            turns: Select[tuple[TurnRow]] = select(TurnRow).order_by(TurnRow.id.desc()).limit(limit)
            facts = select(FactRow.text).order_by(FactRow.id)
            for word in words.split():
                in_user, in_assistant = (
                    column.icontains(word, autoescape=True) for column in (TurnRow.user, TurnRow.assistant)
                )
                turns = turns.where(or_(in_user, in_assistant))
                facts = facts.where(FactRow.text.icontains(word, autoescape=True))
            places = [
                _found(session.get_one(TalkRow, row.talk), f"{row.user} -> {row.assistant}")
                for row in session.scalars(turns)
            ]
            return places, list(session.scalars(facts))

    def export(self) -> dict[str, object]:
        """Return everything, as JSON has it."""
        with self._database.read() as session:
            talks = [
                {
                    "id": talk.id,
                    "begun": talk.begun,
                    "voice": talk.voice,
                    "engines": talk.engines,
                    "turns": [
                        {"user": turn.user, "assistant": turn.assistant, "timing": turn.timing}
                        for turn in talk.turns
                    ],
                }
                for talk in session.scalars(select(TalkRow).order_by(TalkRow.id))
            ]
            facts = session.scalars(select(FactRow).order_by(FactRow.id))
            return {"talks": talks, "facts": [{"text": f.text, "learnt": f.learnt} for f in facts]}

    def forget(self, talks: Sequence[int] | None = None, facts: str | None = None) -> int:
        """Delete, for good, conversations and the facts that contain some words.

        Args:
            talks: Their numbers; None = none of them.
            facts: Words that a fact must contain; None = no fact, "" = all.

        Returns:
            How many conversations and facts there were.
        """
        gone = 0
        with self._database.begin() as session:
            if talks:
                there = list(session.scalars(select(TalkRow.id).where(TalkRow.id.in_(talks))))
                session.execute(delete(TalkRow).where(TalkRow.id.in_(there)))
                gone += len(there)
            if facts is not None:
                chosen = FactRow.text.icontains(facts, autoescape=True)
                gone += session.scalar(select(func.count()).select_from(FactRow).where(chosen)) or 0
                session.execute(delete(FactRow).where(chosen))
        self._scrub()
        return gone

    def forget_all(self) -> int:
        """Delete every conversation and every fact, for good; return how many there were."""
        with self._database.read() as session:
            talks = list(session.scalars(select(TalkRow.id)))
        return self.forget(talks, "")

    def check(self) -> list[str]:
        """What is wrong inside the file, a line each; nothing when all is well."""
        return self._database.check()

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._database.close()

    def _scrub(self) -> None:
        """What was deleted is overwritten already; so are its traces in the log, and old copies go."""
        self._database.scrub()
        path = self._database.path
        for copy in path.parent.glob(f"{path.stem}.before-*{path.suffix}"):
            copy.unlink(missing_ok=True)


def _found(talk: TalkRow, text: str) -> Found:
    return Found(talk.id, talk.begun, talk.voice, len(talk.turns), text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
