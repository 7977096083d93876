"""What tokens were given out, and which were taken back: a table in the user's database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from voxhumana.errors import UsageError
from voxhumana.library.database import FILE, Base, Database


class TokenRow(Base):
    """A token that was given out."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    """`jti` of RFC 7519."""
    name: Mapped[str]
    """Whose."""
    scopes: Mapped[str]
    """Words with spaces between."""
    made: Mapped[int]
    expires: Mapped[int]
    revoked: Mapped[int | None]
    """All three in Unix time."""


class Ledger:
    """The table.

    Args:
        data_dir: Where the database lies.

    Raises:
        VoxError: It cannot be opened.
    """

    def __init__(self, data_dir: Path) -> None:
        self._database = Database(data_dir / FILE)

    def add(self, row: TokenRow) -> None:
        """Note a token that is given out."""
        with self._database.begin() as session:
            session.add(row)

    def valid(self, token_id: str) -> bool:
        """Whether it was given out by us and not taken back."""
        with self._database.read() as session:
            row = session.get(TokenRow, token_id)
            return row is not None and row.revoked is None

    def rows(self) -> Sequence[TokenRow]:
        """All of them, the oldest first."""
        with self._database.read() as session:
            return list(session.scalars(select(TokenRow).order_by(TokenRow.made, TokenRow.id)))

    def revoke(self, word: str) -> list[TokenRow]:
        """Take back the token of this id, or all of this name.

        Raises:
            UsageError: There is none.
        """
        with self._database.begin() as session:
            rows = [row for row in session.scalars(select(TokenRow)) if word in {row.id, row.name}]
            if not rows:
                raise UsageError(f"There is no token '{word}'; `vox token list` shows them.")
            for row in rows:
                row.revoked = row.revoked or int(datetime.now(UTC).timestamp())
            return rows

    def close(self) -> None:
        """Let the database go."""
        self._database.close()
