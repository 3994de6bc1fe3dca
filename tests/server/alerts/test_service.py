"""An alert is written once for each CRITICAL finding that opens, and only where a webhook is set."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.repository import list_findings
from agentsentinel.findings.schemas import FindingPatch
from agentsentinel.findings.service import decide
from agentsentinel.ingest.counters import Counters
from agentsentinel.scores.service import Scorer
from agentsentinel_core.posture.registry import ruleset
from server.alerts.support import EXFILTRATION, NOW, WEBHOOK, FakeSlack, Platform, play


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


def test_without_a_webhook_no_alert_is_written(dsn: str) -> None:
    async def scene(platform: Platform) -> None:
        platform.scorer = Scorer(Counters(platform.database), ruleset("all"), alerts=False)
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.rows() == []

    play(dsn, FakeSlack(), scene)
