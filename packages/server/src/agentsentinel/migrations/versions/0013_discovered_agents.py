"""Discovered agents

Agents that were found on a host are in the inventory before they report anything, each with where it was found.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add a column, without rewriting the table, and a table."""
    op.execute("ALTER TABLE agents ADD COLUMN is_discovered boolean NOT NULL DEFAULT false")
    op.execute(
        """
        CREATE TABLE discoveries (
            agent_id uuid PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
            host varchar(255) NOT NULL,
            place varchar(500) NOT NULL,
            source varchar(16) NOT NULL,
            framework varchar(128) NOT NULL,
            risk varchar(8) NOT NULL,
            reason varchar(1000) NOT NULL,
            first_seen_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            CONSTRAINT uq_discoveries_host_place UNIQUE (host, place)
        )
        """
    )


def downgrade() -> None:
    """Drop both; discovered agents stay, as registered ones."""
    op.execute("DROP TABLE discoveries")
    op.execute("ALTER TABLE agents DROP COLUMN is_discovered")
