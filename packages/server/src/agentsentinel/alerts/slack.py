"""Slack incoming webhook: https on hooks.slack.com only, CRITICAL findings only, as the specification has it."""

import json
from datetime import datetime

import httpx2

from agentsentinel.alerts.destination import is_alert
from agentsentinel.alerts.event import Activity, FindingEvent
from agentsentinel.alerts.posting import post
from agentsentinel.config import SLACK_HOST, check_slack_url
from agentsentinel_core.findings import Severity

TEST_MESSAGE = ":wave: This is a test from AgentSentinel. CRITICAL findings will be posted here."


class SlackWebhook:
    """Sends texts to one webhook. Its address is a secret and appears in no message."""

    name = "slack"
    target = SLACK_HOST
    takes_routes = True

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        check_slack_url(url)
        self._url = url
        self._transport = transport

    def wants(self, event: FindingEvent) -> bool:
        """Whether a CRITICAL finding has just opened."""
        return is_alert(event, Severity.CRITICAL)

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Deliver one message. Raises DeliveryError."""
        return await post(
            self._url,
            json.dumps({"text": slack_text(event)}).encode(),
            {},
            receiver="Slack",
            is_accepted=lambda status: status == httpx2.codes.OK,
            transport=self._transport,
        )


def slack_text(event: FindingEvent) -> str:
    """Build the text that Slack shows. Only & < > have a special meaning there."""
    if event.activity is Activity.TEST:
        return TEST_MESSAGE
    finding = event.finding
    return (
        f":rotating_light: *{finding.severity.value} finding* on agent *{escape(event.agent.name)}*\n"
        f"*{finding.rule_id}*: {escape(finding.message)}\n{escape(finding.detail)}"
    )


def escape(text: str) -> str:
    """Escape text, so that it cannot become a link, a mention or formatting in Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
