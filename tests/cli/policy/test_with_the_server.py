"""`sentinel policy suggest` and `test` over calls that a real server has recorded."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.commands.policy import run
from server.support import event, new_database, start_server

TOOLS = ("crm_search", "crm_update", "read_file", "send_email")
FOREIGN = ("run_shell", "read_secret", "delete_table")


def day(agent_id: str) -> list[dict[str, Any]]:
    """Return a day of calls in sessions of ten."""
    chance = random.Random(16)
    start = datetime.now(UTC) - timedelta(hours=20)
    return [
        event(
            agent_id,
            tool_name=chance.choice(TOOLS),
            session_id=f"session {number // 10}",
            timestamp=(start + timedelta(minutes=number)).isoformat(),
            **({"server_name": "crm"} if number % 2 else {}),
        )
        for number in range(450)
    ]


def hijacked(agent_id: str) -> list[dict[str, Any]]:
    """Return a session that mixes the agent's own calls with those of an attacker."""
    tools = ("read_file", *FOREIGN, "send_email")
    at = datetime.now(UTC) - timedelta(hours=2)
    return [
        event(agent_id, tool_name=tool, session_id="hijacked", timestamp=(at + timedelta(seconds=number)).isoformat())
        for number, tool in enumerate(tools)
    ]


def test_a_suggested_policy_blocks_nothing_of_its_day_and_only_the_foreign_calls_of_a_hijacked_session(
    postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start_server(new_database(postgres_dsn), tmp_path)
    try:
        monkeypatch.setenv("SENTINEL_URL", server.url)
        monkeypatch.setenv("AGENTSENTINEL_API_KEY", server.admin_key)
        agent_id = server.new_agent(name="crm-bot")
        server.new_agent(name="crm-bot-2")
        report(server, day(agent_id))

        assert run(["suggest", "--agent", "crm-bot", "--since", "1d"]) == 0
        path = tmp_path / "policy.yaml"
        path.write_text(capsys.readouterr().out)
        assert run(["check", str(path)]) == 0
        capsys.readouterr()
        assert replayed(path, capsys) == (450, 0, {})

        report(server, hijacked(agent_id))
        assert replayed(path, capsys) == (455, 3, {"unknown-tool": 3})
        assert run(["test", str(path), "--fail-on-blocked", "--agent", "crm-bot"]) == 1
        assert "3 calls would have been blocked." in capsys.readouterr().out
        assert run(["test", str(path), "--agent", "crm-bot-2"]) == 3
        assert run(["test", str(path), "--agent", "missing"]) == 2
        assert "no agent with the name" in capsys.readouterr().err
    finally:
        server.stop()


def report(server: Any, events: list[dict[str, Any]]) -> None:
    answer = server.api.post("events/batch", json={"events": events})
    assert answer.status_code == 200
    assert all("event_id" in result for result in answer.json()["results"])


def replayed(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, int, dict[str, int]]:
    assert run(["test", str(path), "--since", "1d", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    blocked = {rule["id"]: rule["blocked"] for rule in found["rules"] if rule["blocked"]}
    return found["calls"], found["blocked"], blocked
