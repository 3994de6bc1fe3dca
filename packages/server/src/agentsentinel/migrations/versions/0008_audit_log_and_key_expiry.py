"""Audit log, and keys that expire and are rotated

The log has no foreign keys: an entry outlives its subject, and the documented soft reset does not delete it.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

CHANGES = """
ALTER TABLE api_keys
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN revoked_by uuid,
    ADD COLUMN revoked_by_name varchar(255),
    ADD COLUMN replaced_by uuid;

CREATE TABLE audit_log (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    action varchar(32) NOT NULL,
    actor_key_id uuid,
    actor_name varchar(255) NOT NULL,
    address varchar(45) NOT NULL,
    subject_id uuid,
    subject_name varchar(255) NOT NULL,
    key_prefix varchar(12) NOT NULL,
    detail varchar(1000) NOT NULL,
    count integer NOT NULL
);
CREATE INDEX ix_audit_log_at ON audit_log (at DESC, id DESC);
CREATE INDEX ix_audit_log_action ON audit_log (action, at DESC, id DESC);

CREATE TABLE server_facts (
    name varchar(64) PRIMARY KEY,
    value text NOT NULL
)
"""


def upgrade() -> None:
    """Create the log, empty, and add the columns of keys; existing keys do not expire."""
    for statement in CHANGES.split(";"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the log and the columns; keys with an expiry are revoked, so that they do not become permanent."""
    op.execute("DROP TABLE server_facts")
    op.execute("DROP TABLE audit_log")
    op.execute("UPDATE api_keys SET is_active = false, revoked_at = now() WHERE is_active AND expires_at IS NOT NULL")
    op.execute(
        "ALTER TABLE api_keys DROP COLUMN expires_at, DROP COLUMN revoked_by, DROP COLUMN revoked_by_name,"
        " DROP COLUMN replaced_by"
    )
