"""Endpoints of the server's settings, and a test message to Slack."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from agentsentinel import __version__
from agentsentinel.alerts.service import send_tests
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep
from agentsentinel.errors import Conflict
from agentsentinel.kit.ids import now
from agentsentinel.worker.housekeeping import HISTORY_DAYS
from agentsentinel_core.posture.registry import ruleset

router = APIRouter(prefix="/settings", tags=["settings"], route_class=AuthorizedRoute)


class SettingsOut(BaseModel):
    """The server's settings without any secret. They are environment variables and cannot be changed here."""

    version: str
    posture_ruleset: Literal["all", "core"]
    rules: int
    session_alert_budget: float = Field(description="False alarms in 1,000 normal sessions that are acceptable")
    session_alert_line: float = Field(description="Risk above which a session is an alarm, from that budget")
    event_retention_days: int
    history_retention_days: int
    is_slack_configured: bool
    is_database_embedded: bool


class SlackTestOut(BaseModel):
    """The result of a test message."""

    is_delivered: bool = Field(description="Whether Slack accepted the message")
    detail: str


@router.get("")
@require_scopes(*READERS)
async def get_settings(platform: PlatformDep) -> SettingsOut:
    """Return the server's settings, without secrets."""
    settings = platform.settings
    return SettingsOut(
        version=__version__,
        posture_ruleset=settings.posture_ruleset,
        rules=len(ruleset(settings.posture_ruleset)),
        session_alert_budget=settings.session_alert_budget,
        session_alert_line=round(platform.judge.alert_line, 4),
        event_retention_days=settings.event_retention_days,
        history_retention_days=HISTORY_DAYS,
        is_slack_configured=settings.slack_webhook_url is not None,
        is_database_embedded=settings.is_embedded,
    )


@router.post("/slack-test")
@require_scopes(KeyScope.ADMIN)
async def send_slack_test(platform: PlatformDep) -> SlackTestOut:
    """Send a message to Slack now, and return the result."""
    slack = [one for one in platform.outbox.destinations if one.name == SlackWebhook.name]
    if not slack:
        raise Conflict("Slack is not set up: start the server with SLACK_WEBHOOK_URL")
    [result] = await send_tests(slack, now())
    return SlackTestOut(is_delivered=result.ok, detail="Slack accepted the message" if result.ok else result.detail)
