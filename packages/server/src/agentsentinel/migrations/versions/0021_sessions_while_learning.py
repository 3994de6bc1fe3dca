"""Sessions while learning

A session that was judged while its agent was learning is not an alarm at any alert budget, and is not counted in the
preview of one.
"""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add a column with a constant default, so that the table is not rewritten; older sessions count."""
    op.execute("ALTER TABLE agent_sessions ADD COLUMN is_learning boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE agent_sessions DROP COLUMN is_learning")
