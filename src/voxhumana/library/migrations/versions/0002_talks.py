"""Memory: conversations, their turns, and facts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make `talks`, `talk_turns` and `facts`."""
    op.create_table(
        "talks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("begun", sa.String, nullable=False),
        sa.Column("voice", sa.String, nullable=False),
        sa.Column("engines", sa.JSON, nullable=False),
    )
    op.create_table(
        "talk_turns",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "talk", sa.Integer, sa.ForeignKey("talks.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("assistant", sa.String, nullable=False),
        sa.Column("timing", sa.JSON, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.String, nullable=False, unique=True),
        sa.Column("learnt", sa.String, nullable=False),
    )
