"""Each destination gets the events that it wants, written with their finding and once for each opening."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2

from agentsentinel.agents.schemas import GrantIn
from agentsentinel.agents.service import add_grant
from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.ocsf_file import OcsfFile
from agentsentinel.alerts.service import send_tests
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.alerts.webhook import SignedWebhook
from agentsentinel.auth.principal import COMMAND_LINE
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.repository import list_findings
from agentsentinel.findings.schemas import FindingPatch
from agentsentinel.findings.service import decide
from agentsentinel.ingest.counters import Counters
from agentsentinel.scores.service import Scorer
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import ruleset
from server.alerts.support import EXFILTRATION, NOW, WEBHOOK, WEBHOOK_SECRET, FakeSlack, Platform, play, play_with


def test_a_critical_finding_is_told_once(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.send_due(NOW) == 1
        assert await platform.send_due(NOW + timedelta(days=1)) == 0
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
        await platform.send_due(NOW)
        assert len(slack_.requests) == 1
        await platform.withdraw(agent_id, grants[0])
        await platform.grant(agent_id, EXFILTRATION)
        await platform.send_due(NOW)
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
        platform.scorer = Scorer(Counters(platform.database), ruleset("all"), ())
        await platform.grant(await platform.register(), EXFILTRATION)
        assert await platform.rows() == []

    play(dsn, FakeSlack(), scene)


def test_every_change_of_a_finding_is_exported_as_create_update_or_close(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "ocsf.jsonl"
    file = OcsfFile(path, "1.8.0")

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        grants = await platform.grant(agent_id, EXFILTRATION)
        await platform.withdraw(agent_id, grants[0])
        await platform.grant(agent_id, EXFILTRATION[:1])
        async with platform.database.transaction() as session:
            [finding] = await list_findings(session, agent_id, {"severity": "CRITICAL"}, 10, 0)
            for status in (FindingStatus.ACKNOWLEDGED, FindingStatus.RESOLVED):
                patch = FindingPatch(status=status, note="a person's note")
                await decide(session, finding.id, patch, uuid4(), datetime.now(UTC), platform.outbox.destinations)
        await platform.send_due(NOW)

    play_with(dsn, [file], scene)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path_findings = [line for line in lines if line["metadata"]["event_code"] == "EXFILTRATION_PATH"]
    assert [(line["activity_name"], line["status"], line["is_alert"]) for line in path_findings] == [
        ("Create", "New", True),
        ("Close", "Resolved", False),
        ("Update", "New", True),
        ("Update", "In Progress", False),
        ("Close", "Resolved", False),
    ]
    assert len({line["metadata"]["uid"] for line in lines}) == len(lines)
    assert len({line["finding_info"]["uid"] for line in path_findings}) == 1
    assert "a person's note" not in path.read_text()


def test_the_alert_is_lost_with_its_finding_when_the_transaction_is_rolled_back(dsn: str) -> None:
    class Broken(Exception):
        pass

    async def scene(platform: Platform) -> None:
        agent_id = await platform.register()
        await platform.grant(agent_id, EXFILTRATION[:1])
        with contextlib.suppress(Broken):
            async with platform.database.transaction() as session:
                grant = GrantIn(tool_name=EXFILTRATION[1])
                await add_grant(session, platform.scorer, agent_id, grant, COMMAND_LINE)
                raise Broken
        assert await platform.rows() == []

    play(dsn, FakeSlack(), scene)


def test_each_destination_has_a_delivery_of_its_own(dsn: str, tmp_path: Path) -> None:
    destinations: list[Destination] = [
        SlackWebhook(WEBHOOK, FakeSlack()),
        SignedWebhook("https://example.com", WEBHOOK_SECRET, Severity.LOW),
        OcsfFile(tmp_path / "ocsf.jsonl", "1.8.0"),
    ]

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register(), ["delete_file"])
        stored = [(row["destination"], row["event"]["finding"]["severity"]) for row in await platform.rows()]
        assert {name for name, _ in stored} == {"webhook", "ocsf-file"}
        assert "CRITICAL" not in {severity for _, severity in stored}
        assert len({row["event_id"] for row in await platform.rows()}) == len(stored) / 2

    play_with(dsn, destinations, scene)


def test_a_test_reports_what_each_destination_said(tmp_path: Path) -> None:
    destinations: list[Destination] = [
        SlackWebhook(WEBHOOK, FakeSlack(httpx2.Response(403))),
        OcsfFile(tmp_path / "missing" / "file", "1.8.0"),
        OcsfFile(tmp_path / "file", "1.8.0"),
    ]
    results = asyncio.run(send_tests(destinations, datetime.now(UTC)))
    assert [(result.destination, result.ok, result.detail) for result in results] == [
        ("slack", False, "Slack answered 403"),
        ("ocsf-file", False, "the file cannot be written: No such file or directory"),
        ("ocsf-file", True, "written"),
    ]
