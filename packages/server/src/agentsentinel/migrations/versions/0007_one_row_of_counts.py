"""One list of counts in each journal row

The counts of an agent are the sums of those of its tools, so a row of the counter journal contains each number once;
see `ingest/counters.py`. Rows that are not settled yet are converted to the new form.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

CONVERT = """
UPDATE counter_journal SET tools = (
    SELECT json_agg(json_strip_nulls(json_build_object(
        'agent_id', t.agent_id, 'tool_name', t.tool_name, 'minute', t.minute, 'calls', t.calls, 'learned', t.learned,
        'anomaly_sum', a.anomaly_sum, 'agent_newest_at', a.newest_at, 'recent_receipts', a.recent_receipts,
        'last_at', t.last_at, 'last_session', t.last_session,
        'finished_hour', t.finished_hour, 'finished_calls', t.finished_calls)))
    FROM (
        SELECT *, row_number() OVER (PARTITION BY agent_id, minute) AS place
        FROM json_to_recordset(tools::json) AS n(
            agent_id uuid, tool_name text, minute int, calls int, learned int,
            last_at float8, last_session text, finished_hour int, finished_calls int)
    ) t LEFT JOIN json_to_recordset(agents::json) AS a(
        agent_id uuid, minute int, calls int, anomaly_sum float8, newest_at float8, recent_receipts float8[])
        ON t.place = 1 AND a.agent_id = t.agent_id AND a.minute IS NOT DISTINCT FROM t.minute
)
"""


def upgrade() -> None:
    """Convert the rows: what belongs to an agent's minute moves to the first of its tools."""
    op.execute(CONVERT)
    op.execute("ALTER TABLE counter_journal DROP COLUMN agents")
    op.execute("ALTER TABLE counter_journal RENAME COLUMN tools TO counts")


def downgrade() -> None:
    """Empty the journal. Rows that are not settled are lost to the counters, so stop the platform before."""
    op.execute("DELETE FROM counter_journal")
    op.execute("ALTER TABLE counter_journal RENAME COLUMN counts TO tools")
    op.execute("ALTER TABLE counter_journal ADD COLUMN agents text NOT NULL")
    op.execute("ALTER TABLE counter_journal ALTER agents SET STORAGE EXTERNAL")
