"""Session risk

Workers judge how unlike its agent's normal work each session is. Events that are already stored are not judged: the
fact `session_risk_since` is the snapshot from which on an agent without a state is judged.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

TABLES = (
    """
    CREATE TABLE agent_sessions (
        id uuid PRIMARY KEY,
        agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        number integer NOT NULL,
        session_id varchar(255),
        started_at timestamptz NOT NULL,
        last_at timestamptz NOT NULL,
        is_open boolean NOT NULL,
        calls integer NOT NULL,
        tools integer NOT NULL,
        failed_calls integer NOT NULL,
        max_anomaly_score double precision NOT NULL,
        risk double precision NOT NULL,
        is_alarm boolean NOT NULL,
        reasons jsonb NOT NULL,
        timeline jsonb NOT NULL,
        content bytea,
        verdict varchar(6),
        is_verdict_applied boolean NOT NULL DEFAULT true,
        muted_until timestamptz,
        CONSTRAINT uq_agent_sessions_agent_number UNIQUE (agent_id, number)
    )
    """,
    "CREATE INDEX ix_agent_sessions_last ON agent_sessions (agent_id, last_at DESC, id DESC)",
    "CREATE INDEX ix_agent_sessions_risk ON agent_sessions (agent_id, risk DESC, id DESC)",
    "CREATE INDEX ix_agent_sessions_client ON agent_sessions (agent_id, session_id)",
    "CREATE INDEX ix_agent_sessions_undone ON agent_sessions (agent_id) WHERE NOT is_verdict_applied",
    "CREATE INDEX ix_agent_sessions_alarms ON agent_sessions (agent_id, last_at) WHERE is_alarm",
    """
    CREATE TABLE session_states (
        agent_id uuid PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
        version bigint NOT NULL,
        seen text,
        target text,
        done integer NOT NULL,
        minutes bytea NOT NULL,
        open bytea NOT NULL,
        learned bytea NOT NULL,
        learned_sessions integer NOT NULL,
        relearns boolean NOT NULL
    )
    """,
    "CREATE TABLE session_norms (name varchar(80) PRIMARY KEY, version bigint NOT NULL, content bytea NOT NULL)",
    """
    CREATE TABLE agent_versions (
        id uuid PRIMARY KEY,
        agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        version varchar(128) NOT NULL,
        note varchar(1000),
        announced_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_agent_versions_agent ON agent_versions (agent_id, announced_at DESC)",
    """
    INSERT INTO server_facts (name, value) VALUES ('session_risk_since', pg_current_snapshot()::text)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
    """,
)


def upgrade() -> None:
    """Add four tables and the fact."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; what was learned of the agents' sessions is lost."""
    for table in ("agent_versions", "session_norms", "session_states", "agent_sessions"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DELETE FROM server_facts WHERE name = 'session_risk_since'")
