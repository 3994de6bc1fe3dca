"""API schemas of the destinations of alerts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.alerts.routing import AlertKind
from agentsentinel.kit.text import Text
from agentsentinel_core.findings import Severity

MAX_ROUTES = 50
RuleId = Annotated[Text, Field(min_length=1, max_length=64)]
TeamName = Annotated[Text, Field(max_length=255)]


class DestinationOut(BaseModel):
    """One configured destination, with its deliveries of the last 30 days. No secret is shown."""

    destination: str = Field(description="slack, webhook, apprise-1, ocsf-file, ocsf-syslog or ocsf-webhook")
    target: str = Field(description="Host, path or service; never an address with its path or token")
    sent: int
    failed: int = Field(description="Given up after the last attempt")
    waiting: int
    last_sent_at: datetime | None
    last_error: str | None = Field(description="Error of the newest attempt; null if that succeeded")


class RouteIn(BaseModel):
    """One route of alerts: which of them a destination gets. Empty conditions hold for all alerts."""

    model_config = ConfigDict(extra="forbid")

    destination: Annotated[Text, Field(min_length=1, max_length=32)]
    min_severity: Severity = Field(Severity.CRITICAL, description="Alerts of this severity and worse")
    kinds: frozenset[AlertKind] = Field(frozenset(), description="posture, behaviour")
    rules: Annotated[frozenset[RuleId], Field(max_length=100)] = frozenset()
    teams: Annotated[frozenset[TeamName], Field(max_length=100)] = Field(
        frozenset(), description="Teams that own the agent, in any case of letters"
    )


class RouteOut(BaseModel):
    """One route of alerts."""

    destination: str
    min_severity: Severity
    kinds: list[AlertKind]
    rules: list[str]
    teams: list[str]


class RoutesIn(BaseModel):
    """All routes, in the order in which they are shown; for what a destination gets, the order does not matter."""

    model_config = ConfigDict(extra="forbid")

    routes: Annotated[list[RouteIn], Field(max_length=MAX_ROUTES)]


class PreviewedAlertOut(BaseModel):
    """One alert that would have been sent."""

    at: datetime
    finding_id: UUID
    rule_id: str
    severity: Severity
    title: str
    agent_id: UUID
    agent_name: str
    owner_team: str


class RoutePreviewOut(BaseModel):
    """What a destination would have been sent in the last 7 days."""

    destination: str
    alerts: int = Field(description="Alerts by the routes that were asked about")
    alerts_as_stored: int = Field(description="Alerts by the routes that are stored")
    newest: list[PreviewedAlertOut] = Field(description="The newest of `alerts`, at most 20")


class TestResultOut(BaseModel):
    """The result of a test event at one destination."""

    destination: str
    ok: bool = Field(description="Whether the destination accepted the event")
    detail: str = Field(description="What the receiver answered, or why it was not reached")
