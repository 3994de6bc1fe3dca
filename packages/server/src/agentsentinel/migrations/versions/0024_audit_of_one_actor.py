"""The audit log of one actor

An index finds what one key did without reading the whole log.
"""

from alembic import op

revision = "0024"
down_revision = "0022"


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX ix_audit_log_actor ON audit_log (actor_name, at DESC, id DESC)")


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_audit_log_actor")
