"""Last judged event

Judging goes on after the event that was judged last. A count of judged events does not say which they were: it counts
within some minutes, and those change between two steps.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add one column without a default, so that the table is not rewritten."""
    op.execute("ALTER TABLE session_states ADD COLUMN last_judged jsonb")


def downgrade() -> None:
    """Drop it; the count goes on."""
    op.execute("ALTER TABLE session_states DROP COLUMN last_judged")
