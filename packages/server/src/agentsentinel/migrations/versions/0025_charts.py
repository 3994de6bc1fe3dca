"""Charts of all agents, and the audit log of one actor

Rollups by day, which charts of months read: far fewer rows than there are by hour. Triggers keep them equal to the sum
of the hours, also while a server of the former version adds to these. Two indexes find steps of findings by their time,
and what one key did.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

ADD_DAYS = """
CREATE FUNCTION add_agent_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO agent_days AS d (agent_id, day, calls, anomalies, errors, denied)
        SELECT agent_id, hour / 24, sum(calls), coalesce(sum(histogram[8] + histogram[9] + histogram[10]), 0),
               sum(errors), sum(denied)
        FROM added GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (agent_id, day) DO UPDATE SET
            calls = d.calls + excluded.calls, anomalies = d.anomalies + excluded.anomalies,
            errors = d.errors + excluded.errors, denied = d.denied + excluded.denied;
    ELSE
        INSERT INTO agent_days AS d (agent_id, day, calls, anomalies, errors, denied)
        SELECT agent_id, hour / 24, sum(sign * calls),
               coalesce(sum(sign * (histogram[8] + histogram[9] + histogram[10])), 0), sum(sign * errors),
               sum(sign * denied)
        FROM (SELECT 1 AS sign, * FROM added UNION ALL SELECT -1, * FROM replaced) c GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (agent_id, day) DO UPDATE SET
            calls = d.calls + excluded.calls, anomalies = d.anomalies + excluded.anomalies,
            errors = d.errors + excluded.errors, denied = d.denied + excluded.denied;
    END IF;
    RETURN NULL;
END $$
"""
FILL = """
INSERT INTO agent_days (agent_id, day, calls, anomalies, errors, denied)
SELECT agent_id, hour / 24, sum(calls), coalesce(sum(histogram[8] + histogram[9] + histogram[10]), 0), sum(errors),
       sum(denied)
FROM agent_hours GROUP BY 1, 2
"""


def upgrade() -> None:
    """Create the rollups by day with those of the stored hours, and the indexes."""
    op.execute(
        """
        CREATE TABLE agent_days (
            agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
            day integer NOT NULL,
            calls integer NOT NULL,
            anomalies integer NOT NULL,
            errors integer NOT NULL,
            denied integer NOT NULL,
            PRIMARY KEY (agent_id, day)
        ) WITH (fillfactor = 80)
        """
    )
    op.execute("CREATE INDEX ix_agent_days_day ON agent_days USING brin (day)")
    op.execute(ADD_DAYS)
    # The triggers lock the hours until all of this is committed: none is added between them and the filling.
    op.execute(
        "CREATE TRIGGER add_days_of_inserted AFTER INSERT ON agent_hours REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION add_agent_days()"
    )
    op.execute(
        "CREATE TRIGGER add_days_of_updated AFTER UPDATE ON agent_hours"
        " REFERENCING NEW TABLE AS added OLD TABLE AS replaced FOR EACH STATEMENT EXECUTE FUNCTION add_agent_days()"
    )
    op.execute(FILL)
    op.execute("CREATE INDEX ix_finding_history_at ON finding_history (at)")
    op.execute("CREATE INDEX ix_audit_log_actor ON audit_log (actor_name, at DESC, id DESC)")


def downgrade() -> None:
    """Drop all of it; the hours stay."""
    op.execute("DROP INDEX ix_audit_log_actor")
    op.execute("DROP INDEX ix_finding_history_at")
    op.execute("DROP TRIGGER add_days_of_updated ON agent_hours")
    op.execute("DROP TRIGGER add_days_of_inserted ON agent_hours")
    op.execute("DROP FUNCTION add_agent_days")
    op.execute("DROP TABLE agent_days")
