"""Searched events, and corrected classes of tools

Events of one tool, failed and unusual ones, and those of a session whose agent is not known are found by indexes. A
grant keeps the class of its tool that a person has corrected.
"""

from alembic import op

from agentsentinel.migrations.hypertable import index_events

revision = "0027"
down_revision = "0026"

INDEXES = {
    "tool": ("(tool_name, timestamp, id)", ""),
    "failed": ("(timestamp, id)", "WHERE status <> 'ok'"),
    "unusual": ("(timestamp, id)", "WHERE anomaly_score >= 0.5"),
}


def upgrade() -> None:
    """Add the column and the indexes, without rewriting a table. An interrupted run can be repeated."""
    op.execute("ALTER TABLE tool_grants ADD COLUMN IF NOT EXISTS correction jsonb")
    op.execute(
        "CREATE INDEX IF NOT EXISTS ix_agent_sessions_named ON agent_sessions (session_id) WHERE session_id IS NOT NULL"
    )
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        for name, (columns, condition) in INDEXES.items():
            index_events(name, columns, condition)


def downgrade() -> None:
    """Drop all of it; tools have the class of their name again."""
    for name in INDEXES:
        op.execute(f"DROP INDEX ix_agent_events_{name}")
    op.execute("DROP INDEX ix_agent_sessions_named")
    op.execute("ALTER TABLE tool_grants DROP COLUMN correction")
