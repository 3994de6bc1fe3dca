"""How migrations change the table of events, which is a hypertable or has native partitions."""

import sqlalchemy as sa
from alembic import op


def chunk_by_chunk() -> str:
    """Return the option with which CREATE INDEX locks one chunk after the other, or nothing while there are none."""
    has_chunks = op.get_bind().execute(sa.text("SELECT EXISTS (SELECT FROM show_chunks('agent_events'))")).scalar()
    return "WITH (timescaledb.transaction_per_chunk)" if has_chunks else ""


def index_events(name: str, columns: str, condition: str = "") -> None:
    """Create an index `ix_agent_events_NAME` partition by partition, without blocking readers or writers.

    To be called in an autocommit block. An interrupted run can be repeated.
    """
    index = f"ix_agent_events_{name}"
    if not _is_partitioned():
        op.execute(f"CREATE INDEX IF NOT EXISTS {index} ON agent_events {columns} {chunk_by_chunk()} {condition}")
        return
    op.execute(f"CREATE INDEX IF NOT EXISTS {index} ON ONLY agent_events {columns} {condition}")
    partitions = sa.text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'agent_events'::regclass ORDER BY 1"
    )
    for partition in op.get_bind().execute(partitions).scalars().all():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {partition}_{name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {partition}_{name} ON {partition} {columns} {condition}")
        op.execute(f"ALTER INDEX {index} ATTACH PARTITION {partition}_{name}")


def _is_partitioned() -> bool:
    query = sa.text("SELECT relkind = 'p' FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(op.get_bind().execute(query).scalar())
