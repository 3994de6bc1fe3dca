"""OCSF export by HTTP: one event a request, with a bearer token where the receiver wants one."""

import json
from datetime import datetime

import httpx2

from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.alerts.posting import host_of, post
from agentsentinel.config import OcsfVersion, check_receiver_url


class OcsfWebhook:
    """Posts each event as JSON. Address and token appear in no message."""

    name = "ocsf-webhook"
    takes_routes = False

    def __init__(
        self, url: str, token: str | None, version: OcsfVersion, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        check_receiver_url("OCSF_WEBHOOK_URL", url)
        self.target = host_of(url)
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._version: OcsfVersion = version
        self._transport = transport

    def wants(self, event: FindingEvent) -> bool:
        """Whether to export the event: all of them are."""
        return True

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Post one event. Raises DeliveryError."""
        body = json.dumps(detection_finding(event, self._version)).encode()
        return await post(self._url, body, self._headers, receiver="the receiver", transport=self._transport)
