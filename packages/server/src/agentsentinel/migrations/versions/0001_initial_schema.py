"""Initial schema with TimescaleDB hypertable

`agent_events` is a hypertable where TimescaleDB is installed, else a table with native range partitions, one a week,
which the server makes ahead and drops after the retention.

Every per-agent table refers to `agents`, so that deleting or truncating agents clears it. `agent_events` does not:
a foreign key would cost a look-up per event. Each commit of events looks its agents up once instead, so an event of
a deleted agent is refused too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE agents (
    id uuid PRIMARY KEY,
    name varchar(255) NOT NULL,
    agent_type varchar(64) NOT NULL,
    model varchar(128) NOT NULL,
    owner_team varchar(128) NOT NULL,
    description varchar(1000),
    status varchar(8) NOT NULL,
    trust_score double precision,
    posture_score double precision,
    behavior_score double precision,
    recency_bonus double precision,
    not_evaluated jsonb NOT NULL DEFAULT '[]',
    last_scored_at timestamptz,
    rescore_at timestamptz,
    scored_events bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX ix_agents_created_at ON agents (created_at DESC, id DESC);
CREATE INDEX ix_agents_name ON agents (name);
CREATE INDEX ix_agents_rescore_at ON agents (rescore_at);

CREATE TABLE tool_grants (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    tool_name varchar(255) NOT NULL,
    scope varchar(5) NOT NULL,
    is_dangerous boolean NOT NULL,
    rate_limit_per_hour integer,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_tool_grants_agent_tool UNIQUE (agent_id, tool_name)
);

CREATE TABLE mcp_connections (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    server_name varchar(255) NOT NULL,
    server_url varchar(512) NOT NULL,
    capabilities jsonb,
    created_at timestamptz NOT NULL
);
CREATE INDEX ix_mcp_connections_agent ON mcp_connections (agent_id);

CREATE TABLE event_receipts (
    event_id uuid PRIMARY KEY,
    timestamp timestamptz NOT NULL
);

CREATE TABLE agent_activity (
    agent_id uuid PRIMARY KEY REFERENCES agents ON DELETE CASCADE,
    events bigint NOT NULL,
    newest_at timestamptz NOT NULL,
    recent_receipts timestamptz[] NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE agent_minutes (
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    minute integer NOT NULL,
    calls integer NOT NULL,
    anomaly_sum double precision NOT NULL,
    PRIMARY KEY (agent_id, minute)
) WITH (fillfactor = 50);

CREATE TABLE tool_usage (
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    tool_name varchar(255) NOT NULL,
    total_calls bigint NOT NULL,
    last_at timestamptz NOT NULL,
    last_session varchar(255),
    finished_hour integer NOT NULL,
    finished_calls integer NOT NULL,
    PRIMARY KEY (agent_id, tool_name)
) WITH (fillfactor = 50);

CREATE TABLE tool_minutes (
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    tool_name varchar(255) NOT NULL,
    minute integer NOT NULL,
    calls integer NOT NULL,
    PRIMARY KEY (agent_id, tool_name, minute)
) WITH (fillfactor = 50);

CREATE TABLE tool_hours (
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    tool_name varchar(255) NOT NULL,
    hour integer NOT NULL,
    calls integer NOT NULL,
    learned integer NOT NULL,
    PRIMARY KEY (agent_id, tool_name, hour)
) WITH (fillfactor = 50);

CREATE TABLE baselines (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    tool_name varchar(255) NOT NULL,
    mean_calls_per_hour double precision NOT NULL,
    stddev_calls_per_hour double precision NOT NULL,
    sample_count integer NOT NULL,
    window_days integer NOT NULL DEFAULT 7,
    updated_at timestamptz NOT NULL,
    CONSTRAINT uq_baselines_agent_tool UNIQUE (agent_id, tool_name)
);

CREATE TABLE findings (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    severity varchar(8) NOT NULL,
    finding_type varchar(8) NOT NULL,
    rule_id varchar(64) NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    detail text NOT NULL,
    evidence jsonb NOT NULL,
    fingerprint char(64) NOT NULL,
    status varchar(12) NOT NULL,
    is_active boolean NOT NULL,
    note text,
    occurrences integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    last_opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    resolved_at timestamptz,
    CONSTRAINT uq_findings_agent_rule UNIQUE (agent_id, rule_id)
);
CREATE INDEX ix_findings_status ON findings (status, severity);

CREATE TABLE score_history (
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    recorded_at timestamptz NOT NULL,
    id uuid NOT NULL,
    trust_score double precision NOT NULL,
    posture_score double precision NOT NULL,
    behavior_score double precision NOT NULL,
    recency_bonus double precision NOT NULL,
    status varchar(8) NOT NULL,
    causes jsonb NOT NULL,
    PRIMARY KEY (agent_id, recorded_at, id)
);

CREATE TABLE alert_outbox (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    finding_id uuid NOT NULL REFERENCES findings ON DELETE CASCADE,
    occurrence integer NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    sent_at timestamptz,
    last_error text,
    CONSTRAINT uq_alert_outbox_finding_occurrence UNIQUE (finding_id, occurrence)
);
CREATE INDEX ix_alert_outbox_due ON alert_outbox (next_attempt_at);
"""

EVENTS = """
CREATE TABLE agent_events (
    id uuid NOT NULL,
    timestamp timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    agent_id uuid NOT NULL,
    tool_name varchar(255) NOT NULL,
    input_hash bytea NOT NULL,
    output_hash bytea NOT NULL,
    duration_ms integer,
    session_id varchar(255),
    tool_call_id varchar(255),
    status varchar(6) NOT NULL,
    anomaly_score double precision,
    reasons jsonb,
    PRIMARY KEY (timestamp, id)
)"""

CREATED = (
    "agents",
    "tool_grants",
    "mcp_connections",
    "agent_events",
    "event_receipts",
    "agent_activity",
    "agent_minutes",
    "tool_usage",
    "tool_minutes",
    "tool_hours",
    "baselines",
    "findings",
    "score_history",
    "alert_outbox",
)

EVENTS_INDEX = "CREATE INDEX ix_agent_events_agent ON agent_events (agent_id, timestamp, id)"


def upgrade() -> None:
    """Create all tables except that of the keys."""
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    if _timescaledb_available():
        op.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        op.execute(EVENTS)
        op.execute(
            "SELECT create_hypertable('agent_events', by_range('timestamp', INTERVAL '7 days'),"
            " create_default_indexes => false)"
        )
    else:
        op.execute(EVENTS + " PARTITION BY RANGE (timestamp)")
    op.execute(EVENTS_INDEX)


def downgrade() -> None:
    """Drop all of these tables."""
    for table in reversed(CREATED):
        op.execute(f"DROP TABLE {table}")


def _timescaledb_available() -> bool:
    query = sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
    return op.get_bind().execute(query).scalar() is not None
