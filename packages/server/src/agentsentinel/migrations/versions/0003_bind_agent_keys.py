"""Bind agent-scoped API keys to a specific agent_id

There is no foreign key: the documented soft reset truncates `agents` with CASCADE and must keep the keys. The
application refuses an agent key whose agent was deleted.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column `agent_id`, which is null for admin and readonly keys."""
    op.execute("ALTER TABLE api_keys ADD COLUMN agent_id uuid")
    op.execute("CREATE INDEX ix_api_keys_agent ON api_keys (agent_id)")


def downgrade() -> None:
    """Drop the column `agent_id`."""
    op.execute("ALTER TABLE api_keys DROP COLUMN agent_id")
