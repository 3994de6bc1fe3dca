"""Pinned manifests of MCP servers

What the MCP servers of an agent offer is kept, so that a change of it is noticed and decided by a person.
"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add a table."""
    op.execute(
        """
        CREATE TABLE mcp_manifests (
            id uuid PRIMARY KEY,
            agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
            server_name varchar(255) NOT NULL,
            principal varchar(64) NOT NULL,
            server_version varchar(255) NOT NULL,
            lists_are_public boolean NOT NULL,
            state varchar(8) NOT NULL,
            pinned json NOT NULL,
            offered json,
            pinned_digests jsonb NOT NULL,
            kind_digests jsonb NOT NULL,
            digest char(64) NOT NULL,
            rejected_digest char(64),
            counts jsonb NOT NULL,
            items integer NOT NULL,
            changes jsonb NOT NULL,
            changes_count integer NOT NULL,
            poison jsonb NOT NULL,
            defects jsonb NOT NULL,
            pinned_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            changed_at timestamptz,
            decided_at timestamptz,
            decided_by varchar(255),
            note varchar(1000),
            CONSTRAINT uq_mcp_manifests_agent_server_principal UNIQUE (agent_id, server_name, principal)
        )
        """
    )


def downgrade() -> None:
    """Drop it; nothing is pinned any more."""
    op.execute("DROP TABLE mcp_manifests")
