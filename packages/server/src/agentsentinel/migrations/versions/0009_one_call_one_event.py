"""One call, one event

Events have the channel that reported them and their span. Reports of a call are kept for two days, so that another
channel's report of the same call is recognized as a duplicate; see `ingest/deduplication.py`. The id of a duplicate is
a receipt that points to the stored event.
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add columns, without rewriting a table, and create `call_reports`."""
    op.execute("ALTER TABLE agents ADD COLUMN channels smallint NOT NULL DEFAULT 0")
    op.execute(
        """
        ALTER TABLE agent_events ADD COLUMN channel smallint NOT NULL DEFAULT 0,
            ADD COLUMN trace_id bytea, ADD COLUMN span_id bytea
        """
    )
    op.execute("ALTER TABLE event_receipts ADD COLUMN stored_id uuid")
    op.execute(
        """
        CREATE TABLE call_reports (
            key uuid NOT NULL,
            slot integer NOT NULL,
            channel smallint NOT NULL,
            event_id uuid NOT NULL,
            timestamp timestamptz NOT NULL,
            PRIMARY KEY (key, slot)
        )
        """
    )


def downgrade() -> None:
    """Drop the columns and the table, and delete the receipts of duplicates, which would point nowhere."""
    op.execute("DROP TABLE call_reports")
    op.execute("DELETE FROM event_receipts WHERE stored_id IS NOT NULL")
    op.execute("ALTER TABLE event_receipts DROP COLUMN stored_id")
    op.execute("ALTER TABLE agent_events DROP COLUMN channel, DROP COLUMN trace_id, DROP COLUMN span_id")
    op.execute("ALTER TABLE agents DROP COLUMN channels")
