"""Servers and decisions

An event names the MCP server of its tool, the operation and what a policy decided. A grant belongs to a server, and
says where it is known from. A connection may be a command that is started on the agent's own machine. A table holds
what reporters beside an agent have seen.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add columns, without rewriting a table, and make grants unique by server and tool."""
    op.execute(
        """
        ALTER TABLE agent_events ADD COLUMN server_name varchar(255), ADD COLUMN operation varchar(64),
            ADD COLUMN decision varchar(5), ADD COLUMN would_block boolean NOT NULL DEFAULT false,
            ADD COLUMN policy_rule varchar(255)
        """
    )
    op.execute(
        """
        ALTER TABLE tool_grants ADD COLUMN server_name varchar(255),
            ADD COLUMN origin varchar(8) NOT NULL DEFAULT 'declared',
            DROP CONSTRAINT uq_tool_grants_agent_tool,
            ADD CONSTRAINT uq_tool_grants_agent_server_tool UNIQUE NULLS NOT DISTINCT (agent_id, server_name, tool_name)
        """
    )
    op.execute("ALTER TABLE mcp_connections ADD COLUMN command varchar(1000)")
    op.execute(
        """
        CREATE TABLE observations (
            agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
            kind varchar(32) NOT NULL,
            server_name varchar(255) NOT NULL,
            detail varchar(255) NOT NULL,
            reports bigint NOT NULL,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (agent_id, kind, server_name, detail)
        )
        """
    )


def downgrade() -> None:
    """Drop the columns. Of grants of one tool on several servers, the oldest stays; connections by command go."""
    op.execute("DROP TABLE observations")
    op.execute("DELETE FROM mcp_connections WHERE server_url LIKE 'stdio:%'")
    op.execute("ALTER TABLE mcp_connections DROP COLUMN command")
    op.execute(
        """
        DELETE FROM tool_grants g USING tool_grants older
        WHERE older.agent_id = g.agent_id AND older.tool_name = g.tool_name
            AND (older.created_at, older.id) < (g.created_at, g.id)
        """
    )
    op.execute(
        """
        ALTER TABLE tool_grants DROP CONSTRAINT uq_tool_grants_agent_server_tool,
            ADD CONSTRAINT uq_tool_grants_agent_tool UNIQUE (agent_id, tool_name),
            DROP COLUMN server_name, DROP COLUMN origin
        """
    )
    op.execute(
        """
        ALTER TABLE agent_events DROP COLUMN server_name, DROP COLUMN operation, DROP COLUMN decision,
            DROP COLUMN would_block, DROP COLUMN policy_rule
        """
    )
