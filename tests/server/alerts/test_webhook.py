"""The signed webhook: the open library of Standard Webhooks verifies it, and nothing but the address is asked."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from agentsentinel.alerts import posting
from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import Activity, FindingEvent, sample_event
from agentsentinel.alerts.webhook import SignedWebhook, webhook_body
from agentsentinel.config import check_receiver_url, webhook_key
from agentsentinel_core.findings import Severity
from ports import free_port
from server.alerts.events import an_event
from server.alerts.receivers import DIE, HANG, HttpReceiver, http_receiver
from server.alerts.support import WEBHOOK_SECRET


def send(receiver: HttpReceiver, event: FindingEvent, at: datetime | None = None) -> str:
    webhook = SignedWebhook(receiver.url, WEBHOOK_SECRET, Severity.CRITICAL)
    return asyncio.run(webhook.send(event, at or datetime.now(UTC)))


def test_an_independent_library_verifies_the_signature() -> None:
    event = an_event()
    with http_receiver(200) as receiver:
        assert send(receiver, event) == "answered 200"
    [posted] = receiver.requests
    body = Webhook(WEBHOOK_SECRET).verify(posted.body, posted.headers)
    assert body == webhook_body(event)
    assert posted.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(WEBHOOK_SECRET).verify(posted.body + b" ", posted.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "B" * 32).verify(posted.body, posted.headers)


def test_a_second_attempt_has_the_same_id_and_body_and_a_signature_of_its_own_time() -> None:
    event, now = an_event(), datetime.now(UTC)
    with http_receiver(500, 200) as receiver:
        with pytest.raises(DeliveryError, match="the webhook answered 500"):
            send(receiver, event, now - timedelta(seconds=60))
        send(receiver, event, now)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(event.id)
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    for posted in (first, second):
        Webhook(WEBHOOK_SECRET).verify(posted.body, posted.headers)


def test_the_body_has_the_metadata_of_the_finding_and_nothing_else() -> None:
    body = webhook_body(an_event())
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "finding.opened"
    assert set(body["data"]) == {"agent", "finding"}
    assert set(body["data"]["agent"]) == {"id", "name", "type", "model", "owner_team"}
    assert "note" not in json.dumps(body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_not_even_to_this_machine(status: int) -> None:
    with (
        http_receiver(200) as inside,
        http_receiver(status, location=inside.url) as outside,
        pytest.raises(DeliveryError, match=f"the webhook answered {status}"),
    ):
        send(outside, an_event())
    assert (len(outside.requests), inside.requests) == (1, [])


def test_a_receiver_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 0.1)
    with http_receiver(HANG) as receiver, pytest.raises(DeliveryError, match="cannot be reached: timed out"):
        send(receiver, an_event())


def test_a_receiver_that_dies_is_an_error_without_its_address() -> None:
    with http_receiver(DIE) as receiver, pytest.raises(DeliveryError) as dead:
        send(receiver, an_event())
    assert "secret-path" not in str(dead.value)
    with pytest.raises(DeliveryError, match=r"^the webhook cannot be reached: connection refused$"):
        send(HttpReceiver([200], port=free_port()), an_event())


@pytest.mark.parametrize(
    ("event", "lowest", "is_wanted"),
    [
        (an_event(), Severity.CRITICAL, True),
        (an_event(Activity.REOPENED), Severity.CRITICAL, True),
        (an_event(severity=Severity.HIGH), Severity.CRITICAL, False),
        (an_event(severity=Severity.HIGH), Severity.HIGH, True),
        (an_event(severity=Severity.LOW), Severity.LOW, True),
        (an_event(Activity.RESOLVED), Severity.LOW, False),
        (an_event(Activity.CHANGED), Severity.LOW, False),
    ],
)
def test_alerts_are_openings_of_at_least_the_lowest_severity(
    event: FindingEvent, lowest: Severity, is_wanted: bool
) -> None:
    assert SignedWebhook("https://example.com", WEBHOOK_SECRET, lowest).wants(event) is is_wanted


def test_a_test_says_that_it_is_one() -> None:
    assert webhook_body(sample_event(datetime.now(UTC)))["type"] == "finding.test"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?token=a",
        "https://example.com:8443",
        "http://127.0.0.1:8080/x",
        "http://localhost",
        "http://[::1]:1/x",
    ],
)
def test_https_is_accepted_and_http_on_this_machine(url: str) -> None:
    check_receiver_url("ALERT_WEBHOOK_URL", url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///x",
        "https://user@example.com/",
        "https://user:secret-word@example.com/",
        "https://example.com:99999/",
        "https://example.com/#x",
        "https://example.com/ x",
        "https://example.com/\n",
        "https://example.com\\@evil.example/",
        "http://0.0.0.0/",
    ],
)
def test_other_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^ALERT_WEBHOOK_URL must be like https") as refused:
        check_receiver_url("ALERT_WEBHOOK_URL", url)
    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize(
    "secret",
    ["", "short", "x" * 64, "whsec_", "whsec_not base64!", "whsec_" + "QUJD" * 7, "whsec_" + "AAAA" * 8, "whsec_é"],
)
def test_a_weak_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^ALERT_WEBHOOK_SECRET must be whsec_ and base64") as refused:
        webhook_key(secret)
    assert "QUJD" not in str(refused.value)


def test_the_key_is_what_the_library_reads_from_the_secret() -> None:
    library: Any = Webhook(WEBHOOK_SECRET)
    assert webhook_key(WEBHOOK_SECRET) == library._whsecret
