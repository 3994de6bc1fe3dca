"""Silence

By when each agent has to report again, what is needed to compute it, and what scoring knows of it. Rollups say in which
five minutes of their hour there were calls; older ones, and those of servers of the version before, in all.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

COLUMNS = (
    ("agent_hours", "active_slices", "smallint NOT NULL DEFAULT 4095"),
    ("agents", "silent_since", "timestamptz"),
    ("agents", "silent_after_hours", "integer"),
    ("agents", "missing_sessions", "smallint NOT NULL DEFAULT 20"),
)


def upgrade() -> None:
    """Add a table, and columns with constant defaults, so that no table is rewritten."""
    for table, column, kind in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    op.execute(
        "UPDATE agents SET missing_sessions = greatest(0, 20 - s.learned_sessions)"
        " FROM session_states s WHERE s.agent_id = agents.id"
    )
    op.execute(
        """
        CREATE TABLE report_deadlines (
            agent_id uuid PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
            last_report_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL
        )
        """
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE report_deadlines")
    for table, column, _ in COLUMNS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
