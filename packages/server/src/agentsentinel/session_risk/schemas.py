"""API schemas of judged sessions, feedback on them, and versions of agents."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agentsentinel.kit.text import Label, Text

Verdict = Literal["fine", "attack"]
Note = Annotated[Text, Field(max_length=1000)]


class RiskReasonOut(BaseModel):
    """One reason why a session is unlike normal work."""

    model_config = ConfigDict(from_attributes=True)

    detector: str
    share: float = Field(ge=0, le=1, description="Part of the risk that is due to this mechanism")
    message: str


class SessionCallOut(BaseModel):
    """One call of a session, with the risk of the session up to it."""

    event_id: UUID
    timestamp: datetime
    risk: float = Field(ge=0, le=1)
    tool_name: str | None = Field(description="Null once the event is past the retention")
    operation: str | None
    status: Literal["ok", "error", "denied"] | None
    anomaly_score: float | None


class JudgedSessionOut(BaseModel):
    """One session of an agent, as the platform divides its calls, with its risk."""

    id: UUID
    agent_id: UUID
    session_id: str | None = Field(description="Id that the client gave its first call")
    started_at: datetime
    ended_at: datetime = Field(description="Time of its last call so far")
    calls: int
    tools: int = Field(description="Number of different tools, by their operation")
    risk: float = Field(ge=0, le=1, description="How unlike normal work it is so far")
    is_alarm: bool = Field(
        description="Whether it counts as an alarm: it was above the alert line, and is neither fine nor muted nor of"
        " an agent that is learning; or a person called it an attack"
    )
    reasons: list[RiskReasonOut] = Field(description="The strongest first, at most three")
    verdict: Verdict | None = Field(description="What a person says about it")
    muted_until: datetime | None = Field(description="Until when it does not count as an alarm")


class SessionDetailOut(JudgedSessionOut):
    """One session with its calls."""

    alert_line: float = Field(description="Risk above which a session is an alarm, from the alert budget")
    missing_sessions: int = Field(description="Sessions that the agent is still to learn before any is an alarm")
    timeline: list[SessionCallOut] = Field(description="Its calls, in the order in which they were judged")


class FeedbackIn(BaseModel):
    """What a person says about a session. A member that is left out stays as it is."""

    verdict: Verdict | None = Field(
        None,
        description="`fine`: it teaches what is normal and is not an alarm; `attack`: it never teaches and stays an"
        " alarm; null: neither, where it has not been taught yet",
    )
    muted_until: AwareDatetime | None = Field(
        None, description="Until when it does not count as an alarm; null for not muted"
    )
    note: Note | None = Field(None, description="Kept in the audit log")


class AlertBudgetOut(BaseModel):
    """What one alert budget would have flagged."""

    budget: float = Field(description="False alarms that are acceptable in 1,000 normal sessions")
    alert_line: float = Field(description="Risk above which a session is an alarm")
    sessions: int = Field(description="Sessions above the line")
    agents: int = Field(description="Agents with such a session")


class AlertBudgetsOut(BaseModel):
    """What several alert budgets would have flagged of the judged sessions."""

    budget: float = Field(description="The budget in use, SESSION_ALERT_BUDGET")
    since: datetime
    sessions: int = Field(description="Sessions that were judged since then, without those of learning agents")
    budgets: list[AlertBudgetOut] = Field(description="By budget, with the one in use among them")


class RiskOfDayOut(BaseModel):
    """The sessions of an agent whose last call was on one day (UTC)."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    sessions: int
    alarms: int = Field(description="Sessions that count as alarms")
    risk: float = Field(ge=0, le=1, description="Risk of the riskiest one")
    riskiest: UUID = Field(description="Id of the riskiest one")


class RiskHistoryOut(BaseModel):
    """How risky the sessions of an agent were, day by day."""

    since: date
    until: date = Field(description="Today")
    alert_line: float = Field(description="Risk above which a session is an alarm, from the alert budget")
    days: list[RiskOfDayOut] = Field(description="Days with a session, the first one first")


class VersionIn(BaseModel):
    """A new version of an agent, announced before it works in another way."""

    version: Label
    note: Note | None = None


class VersionOut(BaseModel):
    """An announced version."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    agent_id: UUID
    version: str
    note: str | None
    announced_at: datetime
    missing_sessions: int = Field(description="Sessions that the agent is to learn anew before any is an alarm")
