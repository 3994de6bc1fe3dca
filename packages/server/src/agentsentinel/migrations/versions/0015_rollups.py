"""Rollups by agent and hour

What each agent did in each hour is kept for 400 days; see `ingest/rollups.py`. The hours of the events that are stored
already are noted, and recounted by the worker in the background.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

NOTE_HOURS = """
INSERT INTO server_facts (name, value)
SELECT 'rollups_to_recount', floor(extract(epoch FROM oldest) / 3600) || ' '
    || floor(extract(epoch FROM now()) / 3600 + 1)
FROM (SELECT min(timestamp) AS oldest FROM agent_events) events WHERE oldest IS NOT NULL
"""


def upgrade() -> None:
    """Create the table `agent_hours`, and note the hours from the oldest event to the one after this."""
    op.execute(
        """
        CREATE TABLE agent_hours (
            agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
            hour integer NOT NULL,
            calls integer NOT NULL,
            anomaly_sum double precision NOT NULL,
            errors integer NOT NULL,
            denied integer NOT NULL,
            histogram integer[] NOT NULL,
            PRIMARY KEY (agent_id, hour)
        ) WITH (fillfactor = 80)
        """
    )
    # Hours are inserted nearly in order, so the smallest kind of index is enough to find those past the retention.
    op.execute("CREATE INDEX ix_agent_hours_hour ON agent_hours USING brin (hour)")
    op.execute(NOTE_HOURS)


def downgrade() -> None:
    """Drop the table with its rows, also those whose events are gone."""
    op.execute("DROP TABLE agent_hours")
    op.execute("DELETE FROM server_facts WHERE name = 'rollups_to_recount'")
