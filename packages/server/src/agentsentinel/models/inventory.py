"""ORM models of agents, their tool grants and their MCP connections."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    and_,
    case,
    event,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from agentsentinel.models.base import Base

ALL_UNLEARNED = 20
"""Sessions that a new agent has to learn: LEARNING_SESSIONS of `session_risk/learning.py`."""


class AgentRow(Base):
    """One AI agent, with its latest score."""

    __tablename__ = "agents"
    __table_args__ = (
        Index("ix_agents_created_at", text("created_at DESC"), text("id DESC")),
        Index("ix_agents_name", "name"),
        Index("ix_agents_rescore_at", "rescore_at"),
        Index("ix_agents_removed", "id", postgresql_where=text("removed_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    agent_type: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(128))
    owner_team: Mapped[str] = mapped_column(String(128))
    description: Mapped[str | None] = mapped_column(String(1000))
    status: Mapped[str] = mapped_column(String(8))
    trust_score: Mapped[float | None]
    posture_score: Mapped[float | None]
    behavior_score: Mapped[float | None]
    recency_bonus: Mapped[float | None]
    not_evaluated: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"), default=list)
    last_scored_at: Mapped[datetime | None]
    rescore_at: Mapped[datetime | None]
    scored_events: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    channels: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    """Bit set of the channels that report its calls; see `ingest/deduplication.py`."""
    is_discovered: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether it was found on a host instead of being registered; where is in `discoveries`."""
    suspended_at: Mapped[datetime | None]
    """When an admin suspended it; None while it is not suspended. Its events are stored and scored all the same."""
    suspended_reason: Mapped[str | None] = mapped_column(String(255))
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What costs its score the most: members of `ReasonOut`; None where nothing does."""
    silent_since: Mapped[datetime | None]
    """Its last report, once it has missed the time of the next one; None otherwise, and while it is suspended."""
    silent_after_hours: Mapped[int | None]
    """Hours without a report after which it is silent, set by a person; None: what its rhythm says."""
    missing_sessions: Mapped[int] = mapped_column(
        SmallInteger, server_default=text(str(ALL_UNLEARNED)), default=ALL_UNLEARNED
    )
    """Sessions still to be learned before any is an alarm, when it was last scored."""
    removed_at: Mapped[datetime | None]
    """When it was removed, to be erased by `worker/erasing.py`. From then on no SELECT of the ORM finds it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @hybrid_property
    def monitoring(self) -> str:
        """Whether it reports its calls: a member of `Monitoring`."""
        if self.silent_since is not None:
            return "silent"
        if self.scored_events > 0 or self.channels > 0:
            return "learning" if self.missing_sessions > 0 else "active"
        return "unmonitored" if self.is_discovered else "never_seen"

    @monitoring.inplace.expression
    @classmethod
    def _monitoring(cls) -> ColumnElement[str]:
        has_reported = or_(cls.scored_events > 0, cls.channels > 0)
        return case(
            (cls.silent_since.is_not(None), "silent"),
            (and_(has_reported, cls.missing_sessions > 0), "learning"),
            (has_reported, "active"),
            (cls.is_discovered, "unmonitored"),
            else_="never_seen",
        ).label("monitoring")


_IS_THERE = with_loader_criteria(AgentRow, AgentRow.removed_at.is_(None))


@event.listens_for(Session, "do_orm_execute")
def _leave_out_removed(state: ORMExecuteState) -> None:
    """Add the condition that hides removed agents to every ORM SELECT, so that no query can omit it."""
    if state.is_select:
        state.statement = state.statement.options(_IS_THERE)


class ToolGrantRow(Base):
    """Permission of an agent to call a tool, one row per agent, server and tool. Its usage comes from the counters."""

    __tablename__ = "tool_grants"
    __table_args__ = (
        UniqueConstraint(
            "agent_id",
            "server_name",
            "tool_name",
            name="uq_tool_grants_agent_server_tool",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    server_name: Mapped[str | None] = mapped_column(String(255))
    """The MCP server of the tool; None for a tool of the agent's own, and while its server is unknown."""
    tool_name: Mapped[str] = mapped_column(String(255))
    origin: Mapped[str] = mapped_column(String(8), server_default=text("'declared'"), default="declared")
    """Where it is known from: a member of `GrantOrigin`."""
    scope: Mapped[str] = mapped_column(String(5))
    is_dangerous: Mapped[bool]
    correction: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The class that a person has given the tool, with why, when and by whom: members of `ClassCorrectionOut`.

    None where the tool has the class of its name.
    """
    rate_limit_per_hour: Mapped[int | None]
    created_at: Mapped[datetime]


class DiscoveryRow(Base):
    """Where an agent was found, and the risk that was seen there."""

    __tablename__ = "discoveries"
    __table_args__ = (UniqueConstraint("host", "place", name="uq_discoveries_host_place"),)

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    place: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(16))
    framework: Mapped[str] = mapped_column(String(128))
    risk: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(1000))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class ObservationRow(Base):
    """Something that a reporter beside an agent has seen, one row however often."""

    __tablename__ = "observations"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    """A member of `ObservationKind`."""
    server_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    """The MCP server it concerns; empty where that is unknown."""
    detail: Mapped[str] = mapped_column(String(255), primary_key=True)
    reports: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class MCPConnectionRow(Base):
    """Connection of an agent to an MCP server, whose address is never fetched and whose command is never run."""

    __tablename__ = "mcp_connections"
    __table_args__ = (Index("ix_mcp_connections_agent", "agent_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    server_name: Mapped[str] = mapped_column(String(255))
    server_url: Mapped[str] = mapped_column(String(512))
    command: Mapped[str | None] = mapped_column(String(1000))
    """Command line of a stdio server, with its credentials masked."""
    capabilities: Mapped[list[str] | None]
    created_at: Mapped[datetime]
