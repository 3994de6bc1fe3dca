"""Reasons of scores

What cost an agent's score the most, as scoring finds it, for lists of thousands of agents.
"""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add a column; it is filled when each agent is next scored, within the hour."""
    op.execute("ALTER TABLE agents ADD COLUMN reason jsonb")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE agents DROP COLUMN reason")
