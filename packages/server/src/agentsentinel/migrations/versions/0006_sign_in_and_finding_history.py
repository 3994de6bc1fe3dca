"""Sign-in sessions for the dashboard, and what was decided about findings

A session belongs to the key that it was created with. Tokens are stored as keyed digests, like keys.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE sign_in_sessions (
    id uuid PRIMARY KEY,
    key_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    token_hash char(64) NOT NULL CONSTRAINT uq_sign_in_sessions_token_hash UNIQUE,
    client varchar(255) NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ix_sign_in_sessions_key ON sign_in_sessions (key_id);

CREATE TABLE sign_in_links (
    token_hash char(64) PRIMARY KEY,
    key_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

ALTER TABLE findings ADD COLUMN snoozed_until timestamptz;
CREATE INDEX ix_findings_created_at ON findings (created_at DESC, id DESC);

CREATE TABLE finding_history (
    id uuid PRIMARY KEY,
    finding_id uuid NOT NULL REFERENCES findings ON DELETE CASCADE,
    at timestamptz NOT NULL,
    status varchar(12) NOT NULL,
    note text,
    snoozed_until timestamptz,
    key_id uuid,
    key_name varchar(255)
);
CREATE INDEX ix_finding_history_finding ON finding_history (finding_id, at, id)
"""


def upgrade() -> None:
    """Create the tables, empty: there are no sessions, and the history starts now."""
    for statement in TABLES.split(";"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables, which ends all sessions."""
    op.execute("DROP TABLE finding_history")
    op.execute("DROP INDEX ix_findings_created_at")
    op.execute("ALTER TABLE findings DROP COLUMN snoozed_until")
    op.execute("DROP TABLE sign_in_links")
    op.execute("DROP TABLE sign_in_sessions")
