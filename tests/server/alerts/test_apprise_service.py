"""Apprise: real notifications to a receiver on this machine, true results, and no URL in any message or log."""

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from agentsentinel.alerts import apprise_service
from agentsentinel.alerts.apprise_service import AppriseService, apprise_services, apprise_text
from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import Activity, sample_event
from agentsentinel.config import ConfigError
from agentsentinel_core.findings import Severity
from ports import free_port
from server.alerts.events import AT, an_event
from server.alerts.receivers import DIE, HANG, HttpReceiver, http_receiver


def service(receiver: HttpReceiver) -> AppriseService:
    [one] = apprise_services([f"json://user:secret-word@127.0.0.1:{receiver.port}/secret-path"], Severity.CRITICAL)
    return one


def test_an_alert_is_a_message_with_title_and_body() -> None:
    event = an_event()
    with http_receiver(200) as receiver:
        assert asyncio.run(service(receiver).send(event, AT)) == "accepted"
    [posted] = receiver.requests
    body = json.loads(posted.body)
    assert (body["title"], body["message"]) == apprise_text(event)
    assert body["title"] == "CRITICAL finding on agent crm-bot: EXFILTRATION_PATH"
    assert (body["type"], posted.path) == ("failure", "/secret-path")


@pytest.mark.parametrize(
    ("answer", "said"),
    [(500, "the service answered 500"), (401, "the service answered 401"), (DIE, "the service cannot be reached")],
)
def test_what_the_service_answered_is_the_result(
    answer: int | str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with http_receiver(answer) as receiver, pytest.raises(DeliveryError, match=f"^{said}$"):
        asyncio.run(service(receiver).send(an_event(), AT))
    assert "secret" not in caplog.text


def test_a_service_that_does_not_listen_cannot_be_reached() -> None:
    with pytest.raises(DeliveryError, match=r"^the service cannot be reached$"):
        asyncio.run(service(HttpReceiver([200], port=free_port())).send(an_event(), AT))


def test_a_redirect_to_this_machine_is_not_followed() -> None:
    with (
        http_receiver(200) as inside,
        http_receiver(302, location=inside.url) as outside,
        pytest.raises(DeliveryError, match="the service answered 302"),
    ):
        asyncio.run(service(outside).send(an_event(), AT))
    assert inside.requests == []


def test_a_service_that_hangs_is_left_in_time_and_asked_again_only_when_it_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apprise_service, "TIMEOUT_SECONDS", 0.1)

    async def scene() -> None:
        with http_receiver(HANG, 200) as receiver:
            one = service(receiver)
            with pytest.raises(DeliveryError, match="the service timed out"):
                await one.send(an_event(), AT)
            with pytest.raises(DeliveryError, match="has not answered an earlier message"):
                await one.send(an_event(), AT)
            receiver.released.set()
            await asyncio.wrap_future(one._thread.submit(int))
            monkeypatch.setattr(apprise_service, "TIMEOUT_SECONDS", 60.0)
            assert await one.send(an_event(), AT) == "accepted"
            assert len(receiver.requests) == 2

    asyncio.run(scene())


def test_a_service_that_hangs_does_not_hold_up_the_event_loop() -> None:
    async def scene() -> None:
        with http_receiver(HANG) as hanging, http_receiver(200) as well:
            first = asyncio.create_task(service(hanging).send(an_event(), AT))
            assert await service(well).send(an_event(), AT) == "accepted"
            assert not first.done()
            hanging.released.set()
            with pytest.raises(DeliveryError):
                await first

    asyncio.run(scene())


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r'pip install --find-links dist "agentsentinel\[apprise\]"'):
        apprise_services(["json://localhost"], Severity.CRITICAL)
    assert apprise_services([], Severity.CRITICAL) == []


@pytest.mark.parametrize("url", ["", "nonsense", "no-such-service://secret-word", "json://"])
def test_a_url_that_is_not_understood_is_named_by_its_place(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^ALERT_APPRISE_URLS: Apprise does not understand URL 2 of 2$") as refused:
        apprise_services(["json://localhost", url], Severity.CRITICAL)
    assert "secret-word" not in str(refused.value)


def test_services_are_numbered_and_named_without_their_url() -> None:
    found = apprise_services(
        ["mailto://user:secret-word@example.com", "pagerduty://secretkey@secretintegration"], Severity.CRITICAL
    )
    assert [one.name for one in found] == ["apprise-1", "apprise-2"]
    assert "secret" not in str([one.target for one in found])


def test_the_test_message_says_that_it_is_one() -> None:
    assert apprise_text(sample_event(datetime.now(UTC)))[0] == "AgentSentinel: test"
    [one] = apprise_services(["json://localhost"], Severity.HIGH)
    assert [one.wants(an_event(severity=severity)) for severity in Severity] == [True, True, False, False]
    assert not one.wants(an_event(Activity.RESOLVED))
