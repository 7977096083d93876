"""The index of the user's voices: what is in their folders, where it can be searched."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make `voices` and their tags."""
    op.create_table(
        "voices",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("stamp", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("licence", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("consent", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("added", sa.String, nullable=False),
        sa.Column("audio_sha256", sa.String, nullable=False, index=True),
        sa.Column("voiceprint", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "voice_tags",
        sa.Column("voice", sa.String, sa.ForeignKey("voices.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag", sa.String, primary_key=True, index=True),
    )
