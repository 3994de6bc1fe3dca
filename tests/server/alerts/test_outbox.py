"""The outbox of alerts: each is sent once, in time, whatever Slack and other processes do."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from agentsentinel.agents import service
from agentsentinel.alerts import slack
from agentsentinel.alerts.outbox import FIRST_PAUSE, LONGEST_PAUSE, MAX_ATTEMPTS
from agentsentinel.auth.principal import PLATFORM
from server.alerts.support import EXFILTRATION, NOW, WEBHOOK, FakeSlack, Platform, play


def test_two_processes_send_an_alert_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        for number in range(10):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        sent = await asyncio.gather(*[platform.outbox.send_due(NOW) for _ in range(4)])
        assert sum(sent) == 10

    play(dsn, slack_, scene)
    assert len(set(slack_.texts)) == len(slack_.texts) == 10


FAILURES: list[tuple[httpx2.Response | Exception, str]] = [
    (httpx2.Response(500, text="oops"), "Slack answered 500"),
    (httpx2.Response(404, text="no_team"), "Slack answered 404"),
    (httpx2.Response(302, headers={"Location": "http://127.0.0.1:1/"}), "Slack answered 302"),
    (httpx2.Response(307, headers={"Location": "http://169.254.169.254/"}), "Slack answered 307"),
    (httpx2.Response(204), "Slack answered 204"),
    (httpx2.ReadTimeout("slow"), "Slack cannot be reached: ReadTimeout"),
    (httpx2.ConnectError("refused"), "Slack cannot be reached: ConnectError"),
    (httpx2.RemoteProtocolError("junk"), "Slack cannot be reached: RemoteProtocolError"),
    (httpx2.InvalidURL("odd"), "Slack cannot be reached: InvalidURL"),
]


@pytest.mark.parametrize(("failure", "said"), FAILURES, ids=[said for _, said in FAILURES])
def test_an_alert_slack_does_not_take_is_kept_and_sent_later(
    dsn: str, failure: httpx2.Response | Exception, said: str
) -> None:
    slack_ = FakeSlack(failure, httpx2.Response(200))

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.outbox.send_due(NOW) == 0
        [row] = await platform.rows()
        assert (row["sent_at"], row["attempts"], row["last_error"]) == (None, 1, said)
        assert row["next_attempt_at"] == NOW + FIRST_PAUSE
        assert await platform.outbox.send_due(NOW + FIRST_PAUSE - timedelta(seconds=1)) == 0
        assert await platform.outbox.send_due(NOW + FIRST_PAUSE) == 1

    play(dsn, slack_, scene)
    assert [str(request.url) for request in slack_.requests] == [WEBHOOK] * 2


def test_the_webhook_is_in_no_stored_error(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        await platform.outbox.send_due(NOW)
        assert "secret" not in str(await platform.rows())

    play(dsn, FakeSlack(httpx2.ConnectError(f"cannot reach {WEBHOOK}")), scene)


class SilentSlack(httpx2.AsyncBaseTransport):
    """Takes the request and never answers."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError(request)


def test_a_slack_that_says_nothing_is_given_up_in_time(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "TIMEOUT_SECONDS", 0.05)

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        async with asyncio.timeout(10):
            assert await platform.outbox.send_due(NOW) == 0
        [row] = await platform.rows()
        assert row["last_error"] == "Slack cannot be reached: TimeoutError"

    play(dsn, SilentSlack(), scene)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("30", timedelta(seconds=30)),
        ("0", FIRST_PAUSE),
        ("999999999", timedelta(hours=1)),
        ("-1", FIRST_PAUSE),
        ("1e9", FIRST_PAUSE),
        ("soon", FIRST_PAUSE),
        ("²", FIRST_PAUSE),
        ("Wed, 21 Oct 2030 07:28:00 GMT", FIRST_PAUSE),
    ],
)
def test_slack_may_say_when_to_come_again(dsn: str, header: str, pause: timedelta) -> None:
    slack_ = FakeSlack(httpx2.Response(429, headers=[(b"Retry-After", header.encode("latin-1"))]))

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        await platform.outbox.send_due(NOW)
        [row] = await platform.rows()
        assert row["next_attempt_at"] == NOW + pause

    play(dsn, slack_, scene)
    assert len(slack_.requests) == 1


def test_an_alert_is_given_up_after_the_last_attempt(dsn: str) -> None:
    slack_ = FakeSlack(httpx2.Response(500))

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        at, pauses = NOW, []
        for _ in range(MAX_ATTEMPTS - 1):
            await platform.outbox.send_due(at)
            [row] = await platform.rows()
            pauses.append(row["next_attempt_at"] - at)
            at = row["next_attempt_at"]
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1] <= LONGEST_PAUSE) == (FIRST_PAUSE, True)
        await platform.outbox.send_due(at)
        [row] = await platform.rows()
        assert (row["attempts"], row["next_attempt_at"], row["sent_at"]) == (MAX_ATTEMPTS, None, None)
        await platform.outbox.send_due(at + timedelta(days=365))

    play(dsn, slack_, scene)
    assert len(slack_.requests) == MAX_ATTEMPTS


def test_one_alert_that_fails_does_not_hold_up_the_others(dsn: str) -> None:
    slack_ = FakeSlack(httpx2.Response(500), httpx2.Response(200))

    async def scene(platform: Platform) -> None:
        for number in range(3):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        assert await platform.outbox.send_due(NOW) == 2

    play(dsn, slack_, scene)


def test_a_process_that_dies_while_sending_leaves_the_alert_to_the_next(dsn: str) -> None:
    slack_ = FakeSlack(asyncio.CancelledError(), httpx2.Response(200))

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        with pytest.raises(asyncio.CancelledError):
            await platform.outbox.send_due(NOW)
        assert await platform.outbox.send_due(NOW + timedelta(seconds=30)) == 0
        assert await platform.outbox.send_due(NOW + timedelta(seconds=61)) == 1

    play(dsn, slack_, scene)


def test_the_alerts_of_a_deleted_agent_are_forgotten(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        await platform.grant(agent_id, EXFILTRATION)
        async with platform.database.transaction() as session:
            await service.remove_agent(session, agent_id, PLATFORM)
        assert await platform.outbox.send_due(NOW) == 0

    play(dsn, slack_, scene)
    assert slack_.requests == []
