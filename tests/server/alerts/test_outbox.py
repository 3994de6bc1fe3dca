"""The outbox: each event is sent once to each destination, whatever the receivers and other processes do."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from agentsentinel.agents import service
from agentsentinel.alerts import posting
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.ocsf_file import OcsfFile
from agentsentinel.alerts.outbox import FIRST_PAUSE, LONGEST_PAUSE, MAX_ATTEMPTS, TEST_PAUSE
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.alerts.webhook import SignedWebhook
from agentsentinel.auth.principal import PLATFORM
from agentsentinel.errors import Overloaded
from agentsentinel_core.findings import Severity
from server.alerts.receivers import http_receiver
from server.alerts.support import EXFILTRATION, NOW, WEBHOOK, WEBHOOK_SECRET, FakeSlack, Platform, play, play_with
from server.support import query


def test_two_processes_send_an_alert_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        for number in range(10):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        sent = await asyncio.gather(*[platform.send_due(NOW) for _ in range(4)])
        assert sum(sent) == 10

    play(dsn, slack_, scene)
    assert len(set(slack_.texts)) == len(slack_.texts) == 10


FAILURES: list[tuple[httpx2.Response | Exception, str]] = [
    (httpx2.Response(500, text="oops"), "Slack answered 500"),
    (httpx2.Response(404, text="no_team"), "Slack answered 404"),
    (httpx2.Response(302, headers={"Location": "http://127.0.0.1:1/"}), "Slack answered 302"),
    (httpx2.Response(307, headers={"Location": "http://169.254.169.254/"}), "Slack answered 307"),
    (httpx2.Response(204), "Slack answered 204"),
    (httpx2.ReadTimeout("slow"), "Slack cannot be reached: timed out"),
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
        assert await platform.send_due(NOW) == 0
        [row] = await platform.rows()
        assert (row["sent_at"], row["attempts"], row["last_error"]) == (None, 1, said)
        assert row["next_attempt_at"] == NOW + FIRST_PAUSE
        assert await platform.send_due(NOW + FIRST_PAUSE - timedelta(seconds=1)) == 0
        assert await platform.send_due(NOW + FIRST_PAUSE) == 1

    play(dsn, slack_, scene)
    assert [str(request.url) for request in slack_.requests] == [WEBHOOK] * 2


def test_the_webhook_is_in_no_stored_error(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        await platform.send_due(NOW)
        assert "secret" not in str(await platform.rows())

    play(dsn, FakeSlack(httpx2.ConnectError(f"cannot reach {WEBHOOK}")), scene)


class SilentSlack(httpx2.AsyncBaseTransport):
    """Takes the request and never answers."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError(request)


def test_a_slack_that_says_nothing_is_given_up_in_time(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 0.05)

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        async with asyncio.timeout(10):
            assert await platform.send_due(NOW) == 0
        [row] = await platform.rows()
        assert row["last_error"] == "Slack cannot be reached: timed out"

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
        await platform.send_due(NOW)
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
            await platform.send_due(at)
            [row] = await platform.rows()
            pauses.append(row["next_attempt_at"] - at)
            at = row["next_attempt_at"]
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1] <= LONGEST_PAUSE) == (FIRST_PAUSE, True)
        assert platform.outbox.failed["slack"] == 0
        with capture_logs() as logged:
            await platform.send_due(at)
        [row] = await platform.rows()
        assert (row["attempts"], row["next_attempt_at"], row["sent_at"]) == (MAX_ATTEMPTS, None, None)
        assert (row["failed_at"], row["last_error"]) == (at, "Slack answered 500")
        assert timedelta(hours=20) < at - NOW < timedelta(hours=24)
        await platform.send_due(at + timedelta(days=20))
        assert [record["event"] for record in logged] == ["alert_given_up"]
        assert (platform.outbox.failed["slack"], platform.outbox.waiting["slack"]) == (1, 0)

    play(dsn, slack_, scene)
    assert len(slack_.requests) == MAX_ATTEMPTS


def test_one_alert_that_fails_does_not_hold_up_the_others(dsn: str) -> None:
    slack_ = FakeSlack(httpx2.Response(500), httpx2.Response(200))

    async def scene(platform: Platform) -> None:
        for number in range(3):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        assert await platform.send_due(NOW) == 2

    play(dsn, slack_, scene)


def test_a_process_that_dies_while_sending_leaves_the_alert_to_the_next(dsn: str) -> None:
    slack_ = FakeSlack(asyncio.CancelledError(), httpx2.Response(200))

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        with pytest.raises(asyncio.CancelledError):
            await platform.send_due(NOW)
        assert await platform.send_due(NOW + timedelta(seconds=30)) == 0
        assert await platform.send_due(NOW + timedelta(seconds=61)) == 1

    play(dsn, slack_, scene)


def test_the_alerts_of_a_deleted_agent_are_forgotten(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        await platform.grant(agent_id, EXFILTRATION)
        async with platform.database.transaction() as session:
            await service.remove_agent(session, agent_id, PLATFORM)
        assert await platform.send_due(NOW) == 0

    play(dsn, slack_, scene)
    assert slack_.requests == []


class Stuck:
    """A destination that accepts nothing until it is released."""

    name = "stuck"
    target = "nowhere"
    takes_routes = True

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.released = asyncio.Event()

    def wants(self, event: FindingEvent) -> bool:
        return True

    async def send(self, event: FindingEvent, now: datetime) -> str:
        self.asked.set()
        await self.released.wait()
        return "accepted"


class Faulty(Stuck):
    """A destination with a defect."""

    async def send(self, event: FindingEvent, now: datetime) -> str:
        raise ValueError("a secret")


def test_a_destination_that_hangs_delays_neither_another_nor_the_agents(dsn: str, tmp_path: Path) -> None:
    stuck, path = Stuck(), tmp_path / "ocsf.jsonl"
    file = OcsfFile(path, "1.8.0")

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register("first"), EXFILTRATION)
        waiting = asyncio.create_task(platform.outbox.send_due(stuck, NOW))
        await stuck.asked.wait()
        await platform.grant(await platform.register("second"), EXFILTRATION)
        sent = await platform.outbox.send_due(file, NOW)
        assert sent == len(path.read_text().splitlines()) > 0
        assert not waiting.done()
        stuck.released.set()
        assert await waiting == sent

    play_with(dsn, [stuck, file], scene)


def test_several_workers_send_each_event_once_to_each_destination(dsn: str, tmp_path: Path) -> None:
    path, slack_ = tmp_path / "ocsf.jsonl", FakeSlack()

    async def scene(platform: Platform) -> None:
        for number in range(5):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        workers = [Platform(dsn, *platform.outbox.destinations) for _ in range(3)]
        sent = await asyncio.gather(*[worker.send_due(NOW) for worker in workers])
        assert sum(sent) == len(await platform.rows())
        for worker in workers:
            await worker.database.close()

    play_with(dsn, [SlackWebhook(WEBHOOK, slack_), OcsfFile(path, "1.8.0")], scene)
    exported = [json.loads(line)["metadata"]["uid"] for line in path.read_text().splitlines()]
    assert len(set(exported)) == len(exported) > 5
    assert len(set(slack_.texts)) == len(slack_.texts) == 5


def test_a_webhook_that_fails_first_gets_the_alert_again_with_the_same_id(dsn: str) -> None:
    with http_receiver(500, 200) as receiver:
        webhook = SignedWebhook(receiver.url, WEBHOOK_SECRET, Severity.CRITICAL)

        async def scene(platform: Platform) -> None:
            await platform.grant(await platform.register(), EXFILTRATION)
            now = datetime.now(UTC)
            assert await platform.send_due(now) == 0
            assert await platform.send_due(now + FIRST_PAUSE) == 1
            [row] = await platform.rows()
            assert (row["attempts"], row["last_error"]) == (2, None)

        play_with(dsn, [webhook], scene)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Webhook(WEBHOOK_SECRET).verify(second.body, second.headers)


def test_a_restart_loses_nothing_and_sends_what_the_event_was(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "ocsf.jsonl"

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        grants = await platform.grant(agent_id, EXFILTRATION)
        await platform.withdraw(agent_id, grants[0])
        await platform.database.close()
        after = Platform(dsn, OcsfFile(path, "1.8.0"))
        assert await after.send_due(NOW) == len(await platform.rows())
        await after.database.close()

    play_with(dsn, [OcsfFile(path, "1.8.0")], scene)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    statuses = [line["status"] for line in lines if line["metadata"]["event_code"] == "EXFILTRATION_PATH"]
    assert statuses == ["New", "Resolved"]


def test_a_defect_of_a_destination_is_a_failure_without_its_message(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        with capture_logs() as logged:
            assert await platform.send_due(NOW) == 0
        errors = {row["last_error"] for row in await platform.rows()}
        assert errors == {"internal error: ValueError"}
        assert "a secret" not in str(logged)

    play_with(dsn, [Faulty()], scene)


OLD_ALERT = """
INSERT INTO alert_outbox (id, agent_id, finding_id, occurrence, text, created_at, attempts, next_attempt_at)
SELECT gen_random_uuid(), agent_id, id, occurrences, 'text', created_at, 3, created_at FROM findings
WHERE severity = 'CRITICAL'
"""


def test_what_a_server_of_the_version_before_has_left_is_sent_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        platform.scorer = platform.scorer.without_alerts()
        await platform.grant(await platform.register(), EXFILTRATION)
        await asyncio.to_thread(query, dsn, OLD_ALERT)
        workers = [Platform(dsn, *platform.outbox.destinations) for _ in range(2)]
        assert sum(await asyncio.gather(*[worker.send_due(NOW) for worker in workers])) == 1
        assert await platform.send_due(NOW + timedelta(days=1)) == 0
        for worker in workers:
            await worker.database.close()

    play(dsn, slack_, scene)
    [text] = slack_.texts
    assert "EXFILTRATION_PATH" in text
    assert query(dsn, "SELECT * FROM alert_outbox") == []


def test_tests_are_bounded_in_rate(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        await platform.outbox.send_tests(NOW)
        with pytest.raises(Overloaded):
            await platform.outbox.send_tests(NOW + TEST_PAUSE / 2)
        await platform.outbox.send_tests(NOW + TEST_PAUSE)

    play(dsn, slack_, scene)
    assert len(slack_.requests) == 2
