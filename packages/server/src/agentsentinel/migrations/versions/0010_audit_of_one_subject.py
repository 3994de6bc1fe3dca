"""The audit log of one agent, key or session

An index finds the entries of one subject without reading the whole log.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX ix_audit_log_subject ON audit_log (subject_id, at DESC, id DESC) WHERE subject_id IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_audit_log_subject")
