"""One delivery for each event of a finding and each destination

The outbox knew one destination, Slack. Its table stays for servers of the version before, which may still run beside
newer ones; what they leave in it is turned into deliveries.
"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add a table."""
    op.execute(
        """
        CREATE TABLE alert_deliveries (
            event_id uuid NOT NULL,
            destination varchar(32) NOT NULL,
            agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
            finding_id uuid NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
            occurrence integer NOT NULL,
            is_opening boolean NOT NULL,
            event jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            attempted_at timestamptz,
            next_attempt_at timestamptz,
            sent_at timestamptz,
            failed_at timestamptz,
            last_error text,
            PRIMARY KEY (event_id, destination)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_alert_deliveries_opening ON alert_deliveries (finding_id, occurrence, destination)"
        " WHERE is_opening"
    )
    op.execute(
        "CREATE INDEX ix_alert_deliveries_due ON alert_deliveries (destination, next_attempt_at)"
        " WHERE next_attempt_at IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_alert_deliveries_agent ON alert_deliveries (agent_id)")
    op.execute("CREATE INDEX ix_alert_deliveries_created_at ON alert_deliveries (created_at)")


def downgrade() -> None:
    """Drop the table: what waits in it is not sent."""
    op.execute("DROP TABLE alert_deliveries")
