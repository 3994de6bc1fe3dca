"""What migrations say of the hypertable of events."""

import sqlalchemy as sa
from alembic import op


def chunk_by_chunk() -> str:
    """Return the option with which CREATE INDEX locks one chunk after the other, or nothing while there are none."""
    has_chunks = op.get_bind().execute(sa.text("SELECT EXISTS (SELECT FROM show_chunks('agent_events'))")).scalar()
    return "WITH (timescaledb.transaction_per_chunk)" if has_chunks else ""
