"""Removal in steps, sessions by an index

A removed agent is marked, and its data is erased in the background. A session's events are found by an index, which is
built partition by partition without blocking readers or writers.
"""

import sqlalchemy as sa
from alembic import op

from agentsentinel.migrations.hypertable import chunk_by_chunk

revision = "0011"
down_revision = "0010"

INDEX = "ix_agent_events_session"
COLUMNS = "(agent_id, session_id, timestamp, id)"
CONDITION = "WHERE session_id IS NOT NULL"


def upgrade() -> None:
    """Add the column `removed_at` and the index. An interrupted run can be repeated."""
    op.execute("ALTER TABLE agents ADD COLUMN IF NOT EXISTS removed_at timestamptz")
    op.execute("CREATE INDEX IF NOT EXISTS ix_agents_removed ON agents (id) WHERE removed_at IS NOT NULL")
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        if _is_partitioned():
            _index_partitions()
        else:
            op.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON agent_events {COLUMNS} {chunk_by_chunk()} {CONDITION}")


def downgrade() -> None:
    """Drop both. Agents that were not erased completely appear again, with their remaining data."""
    op.execute(f"DROP INDEX {INDEX}")
    op.execute("DROP INDEX ix_agents_removed")
    op.execute("ALTER TABLE agents DROP COLUMN removed_at")


def _index_partitions() -> None:
    op.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON ONLY agent_events {COLUMNS} {CONDITION}")
    partitions = sa.text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'agent_events'::regclass ORDER BY 1"
    )
    for name in op.get_bind().execute(partitions).scalars().all():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_session")
        op.execute(f"CREATE INDEX CONCURRENTLY {name}_session ON {name} {COLUMNS} {CONDITION}")
        op.execute(f"ALTER INDEX {INDEX} ATTACH PARTITION {name}_session")


def _is_partitioned() -> bool:
    query = sa.text("SELECT relkind = 'p' FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(op.get_bind().execute(query).scalar())
