"""AI clients of this user are agents of the inventory, with what is wrong in their files and never above HIGH."""

import json
from pathlib import Path

import pytest

from cli.discover.support import discover, made_up_key

SECRET = made_up_key("sk-proj-")
ONLY_CLIENTS = ("--no-process", "--no-network")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a Cursor that holds a secret, and a Claude Code that asks for nothing."""
    servers = {"mail": {"command": "npx", "args": ["-y", "mail-mcp@1.2.3"], "env": {"OPENAI_API_KEY": SECRET}}}
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    (tmp_path / ".claude").mkdir()
    settings = {"permissions": {"defaultMode": "bypassPermissions"}}
    (tmp_path / ".claude" / "settings.json").write_text(json.dumps(settings))
    return tmp_path


def test_clients_are_found_by_default_with_what_is_wrong_in_their_files(home: Path) -> None:
    run = discover(*ONLY_CLIENTS, "--format", "json", variables={"HOME": str(home)}, folder=home)
    agents = {agent["name"]: agent for agent in json.loads(run.stdout)}
    assert set(agents) == {"cursor", "claude-code"}
    assert {agent["source"] for agent in agents.values()} == {"client"}
    assert agents["cursor"]["risk"] == "HIGH"
    assert [found["rule_id"] for found in agents["cursor"]["findings"]] == ["CLIENT_SECRET_IN_CONFIG"]
    assert [found["rule_id"] for found in agents["claude-code"]["findings"]] == ["CLIENT_BYPASS_PERMISSIONS"]


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--fail-on", "HIGH"), 1), (("--fail-on", "critical"), 0)])
def test_they_set_the_exit_code_only_when_asked(home: Path, options: tuple[str, ...], code: int) -> None:
    assert discover(*ONLY_CLIENTS, *options, variables={"HOME": str(home)}, folder=home).returncode == code


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif", "cyclonedx"])
def test_no_format_shows_a_secret(home: Path, form: str) -> None:
    run = discover(*ONLY_CLIENTS, "--verbose", "--format", form, variables={"HOME": str(home)}, folder=home)
    assert "cursor" in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_the_section_is_there_only_when_there_are_clients(home: Path, tmp_path: Path) -> None:
    assert "CLIENT SCAN" in discover(*ONLY_CLIENTS, variables={"HOME": str(home)}, folder=home).stdout
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "CLIENT SCAN" not in discover(*ONLY_CLIENTS, variables={"HOME": str(empty)}, folder=empty).stdout


def test_what_a_client_may_call_without_asking_is_its_tools(home: Path) -> None:
    allowed = ["Bash(npm test)", "Bash(git log:*)", "Read", "mcp__mail__send_email"]
    settings = {"permissions": {"allow": allowed, "deny": ["WebFetch"]}}
    (home / ".claude" / "settings.json").write_text(json.dumps(settings))
    run = discover(*ONLY_CLIENTS, "--format", "json", variables={"HOME": str(home)}, folder=home)
    (agent,) = [agent for agent in json.loads(run.stdout) if agent["name"] == "claude-code"]
    assert [tool["name"] for tool in agent["tools"]] == ["Bash", "Read", "mcp__mail__send_email"]


def test_they_can_be_left_out(home: Path) -> None:
    run = discover("--no-process", "--no-clients", "--ports", "9", variables={"HOME": str(home)}, folder=home)
    assert "cursor" not in run.stdout


def test_a_file_that_cannot_be_read_is_said_and_hides_no_other(home: Path) -> None:
    (home / ".claude" / "settings.json").write_text("{")
    run = discover(*ONLY_CLIENTS, variables={"HOME": str(home)}, folder=home)
    assert "cursor" in run.stdout
    assert "settings.json was not read" in run.stderr
