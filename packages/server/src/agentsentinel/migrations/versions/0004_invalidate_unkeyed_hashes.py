"""Invalidate all API keys created before the HMAC-SHA256 hash upgrade

A digest made without the server's secret can never match again. The next start makes a new bootstrap key.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Revoke all existing keys; a new database has none."""
    op.execute("UPDATE api_keys SET is_active = false, revoked_at = now() WHERE is_active")


def downgrade() -> None:
    """Do nothing: a revoked key stays revoked."""
