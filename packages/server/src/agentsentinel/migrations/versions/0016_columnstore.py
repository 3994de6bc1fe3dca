"""Columnstore of TimescaleDB

Where the events are in a hypertable, chunks that ended a week ago are compressed by a policy of TimescaleDB. Elsewhere
this changes nothing.

The hypertable loses its primary key, which became an ordinary index: to check it, each event that arrives for a
compressed chunk would be compared with the compressed events of all agents. Repeated events are recognized by
`event_receipts`, in any case.
"""

import sqlalchemy as sa
from alembic import op

from agentsentinel.migrations.hypertable import chunk_by_chunk

revision = "0016"
down_revision = "0015"

INDEX = "ix_agent_events_timestamp"
COMPRESS = """
ALTER TABLE agent_events SET (timescaledb.compress, timescaledb.compress_segmentby = 'agent_id',
                              timescaledb.compress_orderby = 'timestamp DESC, id DESC')
"""
ADD_POLICY = "SELECT add_compression_policy('agent_events', INTERVAL '7 days', if_not_exists => true)"
REMOVE_POLICY = "SELECT remove_compression_policy('agent_events', if_exists => true)"
DECOMPRESS = "SELECT decompress_chunk(chunk, if_compressed => true) FROM show_chunks('agent_events') chunk"


def upgrade() -> None:
    """Replace the key, chunk by chunk, and add the policy. An interrupted run can be repeated."""
    if not _is_hypertable():
        return
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON agent_events (timestamp, id) {chunk_by_chunk()}")
        op.execute("ALTER TABLE agent_events DROP CONSTRAINT IF EXISTS agent_events_pkey")
        if _may_compress():
            op.execute(COMPRESS)
            op.execute(ADD_POLICY)


def downgrade() -> None:
    """Decompress all chunks, which needs the disk space for it, and restore the key."""
    if not _is_hypertable():
        return
    if _may_compress():
        op.execute(REMOVE_POLICY)
        op.execute(DECOMPRESS)
        op.execute("ALTER TABLE agent_events SET (timescaledb.compress = false)")
    op.execute("ALTER TABLE agent_events ADD PRIMARY KEY (timestamp, id)")
    op.execute(f"DROP INDEX {INDEX}")


def _is_hypertable() -> bool:
    query = sa.text("SELECT relkind <> 'p' FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(op.get_bind().execute(query).scalar())


def _may_compress() -> bool:
    """Tell whether this TimescaleDB has compression, which builds under the Apache licence leave out."""
    query = sa.text("SELECT current_setting('timescaledb.license', true) = 'timescale'")
    return bool(op.get_bind().execute(query).scalar())
