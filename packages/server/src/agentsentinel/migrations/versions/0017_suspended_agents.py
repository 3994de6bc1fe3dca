"""Suspended agents

An admin can suspend an agent; what enforces its policy then refuses its calls.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add two columns without a default, so that the table is not rewritten."""
    op.execute("ALTER TABLE agents ADD COLUMN suspended_at timestamptz, ADD COLUMN suspended_reason varchar(255)")


def downgrade() -> None:
    """Drop both; suspended agents are no longer suspended."""
    op.execute("ALTER TABLE agents DROP COLUMN suspended_at, DROP COLUMN suspended_reason")
