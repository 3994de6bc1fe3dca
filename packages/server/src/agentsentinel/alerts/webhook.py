"""Generic webhook, signed by the open specification Standard Webhooks, so that receivers can use its libraries."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import httpx2

from agentsentinel.alerts.destination import is_alert
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.posting import host_of, post
from agentsentinel.config import check_receiver_url, webhook_key
from agentsentinel_core.findings import Severity


class SignedWebhook:
    """Posts each alert as signed JSON. Address and secret appear in no message."""

    name = "webhook"
    takes_routes = True

    def __init__(
        self, url: str, secret: str, lowest: Severity, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        check_receiver_url("ALERT_WEBHOOK_URL", url)
        self.target = host_of(url)
        self._url = url
        self._key = webhook_key(secret)
        self._lowest = lowest
        self._transport = transport

    def wants(self, event: FindingEvent) -> bool:
        """Whether a finding of at least the lowest severity has just opened."""
        return is_alert(event, self._lowest)

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Post the event. Its id stays the same at each attempt; the time and so the signature are new."""
        body = json.dumps(webhook_body(event)).encode()
        headers = sign(self._key, str(event.id), int(now.timestamp()), body)
        return await post(self._url, body, headers, receiver="the webhook", transport=self._transport)


def webhook_body(event: FindingEvent) -> dict[str, Any]:
    """Build the body: `type`, `timestamp` and `data`, the members that Standard Webhooks recommends."""
    data = event.model_dump(mode="json", include={"agent", "finding"})
    return {"type": f"finding.{event.activity.value}", "timestamp": event.at.isoformat(), "data": data}


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks: HMAC-SHA256 of id, POSIX time in seconds and body, joined by dots."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
