"""The export by HTTP: one event a request, with the token in a header and nowhere else."""

import asyncio
import json

import pytest

from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import Activity
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.alerts.ocsf_webhook import OcsfWebhook
from agentsentinel_core.findings import Severity
from server.alerts.events import AT, an_event
from server.alerts.receivers import http_receiver


@pytest.mark.parametrize(("token", "header"), [("secret-token", "Bearer secret-token"), (None, None)])
def test_an_event_is_posted_with_its_token(token: str | None, header: str | None) -> None:
    event = an_event()
    with http_receiver(202) as receiver:
        webhook = OcsfWebhook(receiver.url, token, "1.8.0")
        assert asyncio.run(webhook.send(event, AT)) == "answered 202"
    [posted] = receiver.requests
    assert json.loads(posted.body) == detection_finding(event, "1.8.0")
    assert posted.headers.get("authorization") == header
    assert (webhook.target, "secret" in webhook.target) == (f"http://127.0.0.1:{receiver.port}", False)


def test_a_redirect_does_not_get_the_token() -> None:
    with (
        http_receiver(200) as inside,
        http_receiver(302, location=inside.url) as outside,
        pytest.raises(DeliveryError, match="the receiver answered 302"),
    ):
        asyncio.run(OcsfWebhook(outside.url, "secret-token", "1.8.0").send(an_event(), AT))
    assert inside.requests == []


@pytest.mark.parametrize("activity", Activity)
@pytest.mark.parametrize("severity", Severity)
def test_every_event_is_exported(activity: Activity, severity: Severity) -> None:
    assert OcsfWebhook("https://example.com", None, "1.8.0").wants(an_event(activity, severity=severity))
