"""API schemas of stored events and sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.ingest.event import Channel, Decision
from agentsentinel.kit.text import Name, Text
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan
from agentsentinel.session_risk.schemas import RiskReasonOut, Verdict
from agentsentinel_core.limits import LONGEST_DURATION_MS

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Status = Literal["ok", "error", "denied"]


class EventFilters(NamedTuple):
    """Filters of a listing of events; None matches all."""

    agent_id: UUID | None = None
    owner_team: str | None = None
    tool_name: str | None = None
    status: Status | None = None
    channel: Channel | None = None
    session_id: str | None = None
    min_anomaly_score: float | None = None
    span: TimeSpan = ALL_TIME
    """When the call was made."""
    words: tuple[str, ...] = ()
    """Words that all have to occur in the event's names, ids and reasons, or in its agent's name."""


class ReasonOut(BaseModel):
    """One reason why a call is unusual."""

    detector: str
    score: float = Field(ge=0, le=1)
    message: str


class EventOut(BaseModel):
    """One stored tool call: metadata only."""

    event_id: UUID
    agent_id: UUID
    agent_name: str
    tool_name: str
    anomaly_score: float | None
    reasons: list[ReasonOut]
    status: Status
    duration_ms: int | None
    session_id: str | None
    tool_call_id: str | None
    timestamp: datetime
    channel: Channel
    trace_id: str | None
    span_id: str | None
    server_name: str | None = Field(description="The tool's MCP server")
    operation: str | None = Field(description="What the call does with its tool, such as a program or an SQL verb")
    decision: Decision | None = Field(description="What a policy decided")
    would_block: bool = Field(description="Whether a policy would deny it if it were enforced")
    policy_rule: str | None = Field(description="The rule that decided")


class EventDetailOut(EventOut):
    """One stored tool call with everything that is stored of it."""

    received_at: datetime = Field(description="When the server received the report")
    input_hash: Digest = Field(description="Digest of the call's input")
    output_hash: Digest = Field(description="Digest of the call's output")
    judged_session_id: UUID | None = Field(
        description="Id of the judged session that the call belongs to; null until it is judged"
    )


class SessionOrder(StrEnum):
    """Order of an agent's sessions."""

    LATEST = "latest"
    RISK = "risk"


class RunOut(BaseModel):
    """One session of an agent: a series of tool calls that belong together."""

    model_config = ConfigDict(from_attributes=True)

    session_id: str | None = Field(description="Id that the client gave; in the order of risk null without one")
    started_at: datetime
    ended_at: datetime
    calls: int
    tools: int = Field(description="Number of different tools")
    max_anomaly_score: float | None
    failed_calls: int = Field(description="Calls that ended in an error or were denied")
    is_complete: bool = Field(
        description="Whether all calls of the session are counted; only an agent's last events are searched"
    )
    id: UUID | None = Field(None, description="Id of the judged session; of several with this id, of the riskiest")
    risk: float | None = Field(None, description="How unlike normal work it is, 0..1; null while it is not judged")
    is_alarm: bool = Field(False, description="Whether it counts as an alarm, as for GET /sessions/{session_id}")
    risk_reasons: list[RiskReasonOut] = Field([], description="Reasons of the risk, the strongest first, at most three")
    verdict: Verdict | None = Field(None, description="What a person says about it")
    muted_until: datetime | None = Field(None, description="Until when it does not count as an alarm")


class TestEventIn(BaseModel):
    """A test event, to see that everything works. It is stored and counts like any other event."""

    agent_id: UUID
    tool_name: Name
    input_hash: Digest
    output_hash: Digest
    duration_ms: Annotated[int, Field(ge=0, le=LONGEST_DURATION_MS)] | None = None
    session_id: Annotated[Text, Field(max_length=255)] | None = None


class TestEventOut(BaseModel):
    """The answer to a test event."""

    event_id: UUID
    anomaly_score: float
    reasons: list[ReasonOut]
    timestamp: datetime
