"""Alerts: one for each CRITICAL finding that opens, sent once, to Slack and nowhere else, whatever Slack does."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from agentsentinel.agents import service
from agentsentinel.agents.schemas import AgentIn, GrantIn
from agentsentinel.alerts import slack
from agentsentinel.alerts.outbox import FIRST_PAUSE, LONGEST_PAUSE, MAX_ATTEMPTS, Outbox
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.principal import COMMAND_LINE, PLATFORM
from agentsentinel.config import async_database_url, check_slack_url
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.repository import list_findings
from agentsentinel.findings.schemas import FindingPatch
from agentsentinel.findings.service import decide
from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.schema import migrate
from agentsentinel.scores.service import Scorer
from agentsentinel_core.posture.registry import ruleset
from server.support import new_database, query

WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
"""The outbox is handed the time; this is after everything the tests write."""
EXFILTRATION = ("read_database", "send_email")


@pytest.fixture(scope="module")
def migrated_dsn(postgres_dsn: str) -> str:
    """Make a database for this file alone, with the newest schema."""
    dsn = new_database(postgres_dsn)
    asyncio.run(migrate(async_database_url(dsn)))
    return dsn


@pytest.fixture
def dsn(migrated_dsn: str) -> str:
    """Return the migrated database, without alerts that are still due from another test."""
    query(migrated_dsn, "TRUNCATE agents CASCADE")
    return migrated_dsn


class FakeSlack(httpx2.AsyncBaseTransport):
    """Answers with a list of replies in turn, the last one for ever; remembers the requests."""

    def __init__(self, *answers: httpx2.Response | BaseException) -> None:
        self._answers = list(answers or [httpx2.Response(200, text="ok")])
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def texts(self) -> list[str]:
        return [json.loads(request.content)["text"] for request in self.requests]


class Platform:
    """What raises alerts and what sends them, on a real database."""

    def __init__(self, dsn: str, transport: httpx2.AsyncBaseTransport, url: str = WEBHOOK) -> None:
        self.dsn = dsn
        self.database = Database(async_database_url(dsn))
        self.scorer = Scorer(Counters(self.database), ruleset("all"), alerts=True)
        self.outbox = Outbox(self.database, SlackWebhook(url, transport))

    async def register(self, name: str = "crm-bot") -> UUID:
        async with self.database.transaction() as session:
            return (await service.register_agent(session, AgentIn(name=name), COMMAND_LINE)).id

    async def grant(self, agent_id: UUID, tools: Sequence[str]) -> list[UUID]:
        async with self.database.transaction() as session:
            rows = [
                await service.add_grant(session, self.scorer, agent_id, GrantIn(tool_name=tool), COMMAND_LINE)
                for tool in tools
            ]
            return [row.id for row, _ in rows]

    async def withdraw(self, agent_id: UUID, grant_id: UUID) -> None:
        async with self.database.transaction() as session:
            await service.remove_grant(session, self.scorer, agent_id, grant_id, COMMAND_LINE)

    async def rows(self) -> list[dict[str, Any]]:
        return await asyncio.to_thread(query, self.dsn, "SELECT * FROM alert_outbox ORDER BY created_at")


def play(
    dsn: str, transport: httpx2.AsyncBaseTransport, scene: Callable[[Platform], Coroutine[Any, Any, None]]
) -> None:
    """Run a scene, and give its connections back."""

    async def run() -> None:
        platform = Platform(dsn, transport)
        try:
            await scene(platform)
        finally:
            await platform.database.close()

    asyncio.run(run())


def test_a_critical_finding_is_told_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.outbox.send_due(NOW) == 1
        assert await platform.outbox.send_due(NOW + timedelta(days=1)) == 0
        [row] = await platform.rows()
        assert (row["sent_at"], row["next_attempt_at"], row["attempts"], row["last_error"]) == (NOW, None, 1, None)

    play(dsn, slack_, scene)
    [text] = slack_.texts
    assert "crm-bot" in text
    assert "EXFILTRATION_PATH" in text
    assert str(slack_.requests[0].url) == WEBHOOK
    assert slack_.requests[0].headers["content-type"] == "application/json"


def test_only_critical_findings_are_told(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), ["delete_file"])
        assert await platform.rows() == []

    play(dsn, FakeSlack(), scene)


def test_scoring_again_tells_nothing_again_and_a_new_opening_does(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        grants = await platform.grant(agent_id, EXFILTRATION)
        for _ in range(3):
            async with platform.database.transaction() as session:
                await platform.scorer.rescore(session, [agent_id], datetime.now(UTC))
        await platform.outbox.send_due(NOW)
        assert len(slack_.requests) == 1
        await platform.withdraw(agent_id, grants[0])
        await platform.grant(agent_id, EXFILTRATION)
        await platform.outbox.send_due(NOW)
        assert len(slack_.requests) == 2
        assert [row["occurrence"] for row in await platform.rows()] == [1, 2]

    play(dsn, slack_, scene)


def test_an_acknowledged_finding_is_told_again_only_with_new_evidence(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        await platform.grant(agent_id, EXFILTRATION)
        async with platform.database.transaction() as session:
            [finding] = await list_findings(session, agent_id, {"severity": "CRITICAL"}, 10, 0)
            acknowledged = FindingPatch(status=FindingStatus.ACKNOWLEDGED)
            await decide(session, finding.id, acknowledged, uuid4(), datetime.now(UTC))
        await platform.grant(agent_id, ["list_things"])
        assert len(await platform.rows()) == 1
        await platform.grant(agent_id, ["search_crm"])
        assert len(await platform.rows()) == 2

    play(dsn, FakeSlack(), scene)


def test_two_processes_send_an_alert_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        for number in range(10):
            await platform.grant(await platform.register(f"agent-{number}"), EXFILTRATION)
        sent = await asyncio.gather(*[platform.outbox.send_due(NOW) for _ in range(4)])
        assert sum(sent) == 10

    play(dsn, slack_, scene)
    assert len(set(slack_.texts)) == len(slack_.texts) == 10


def test_the_name_of_an_agent_cannot_become_a_link_or_a_mention(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register("<!channel> <https://evil.example|x> &amp;"), EXFILTRATION)
        await platform.outbox.send_due(NOW)

    play(dsn, slack_, scene)
    assert "<" not in slack_.texts[0]
    assert "&lt;!channel&gt;" in slack_.texts[0]
    assert "&amp;amp;" in slack_.texts[0]


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


def test_without_a_webhook_no_alert_is_written(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        platform.scorer = Scorer(Counters(platform.database), ruleset("all"), alerts=False)
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.rows() == []

    play(dsn, FakeSlack(), scene)


@pytest.mark.parametrize("url", [WEBHOOK, "https://hooks.slack.com/", "https://hooks.slack.com/services/a?b=c"])
def test_slacks_own_addresses_are_taken(url: str) -> None:
    check_slack_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/services/a",
        "//hooks.slack.com/services/a",
        "http://hooks.slack.com/services/a",
        "ftp://hooks.slack.com/services/a",
        "https://slack.com/services/a",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com.evil.example/",
        "https://x.hooks.slack.com/",
        "https://evilhooks.slack.com/",
        "https://hooks.slack.com:8443/",
        "https://hooks.slack.com:443/",
        "https://user@hooks.slack.com/",
        "https://user:password@hooks.slack.com/",
        "https://hooks.slack.com@evil.example/",
        "https://hooks.slack.com\\@evil.example/",
        "https://hooks.slack.com%2eevil.example/",
        "https://hooks.slack.com./",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https:///services/a",
        "https:hooks.slack.com",
        "https://hooks\u3002slack.com/",
        "https://ｈooks.slack.com/",
        " https://evil.example/ https://hooks.slack.com/",
    ],
)
def test_no_other_address_is_taken_for_slack(url: str) -> None:
    with pytest.raises(ValueError, match=r"SLACK_WEBHOOK_URL|NFKC|netloc"):
        check_slack_url(url)
    with pytest.raises(ValueError, match=r"SLACK_WEBHOOK_URL|NFKC|netloc"):
        SlackWebhook(url)
