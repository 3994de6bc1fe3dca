"""Add api_keys table"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of keys, which are stored as HMAC-SHA256 digests, never in plaintext."""
    op.execute(
        """
        CREATE TABLE api_keys (
            id uuid PRIMARY KEY,
            name varchar(255) NOT NULL,
            key_prefix varchar(12) NOT NULL,
            key_hash char(64) NOT NULL CONSTRAINT uq_api_keys_key_hash UNIQUE,
            scope varchar(8) NOT NULL,
            is_active boolean NOT NULL,
            created_at timestamptz NOT NULL,
            last_used_at timestamptz,
            revoked_at timestamptz
        )
        """
    )


def downgrade() -> None:
    """Drop the table of keys."""
    op.execute("DROP TABLE api_keys")
