"""Hooks go into the client's own file beside what is there, and come out again byte for byte."""

import json
from pathlib import Path

import pytest

from agentsentinel_shim.desk.files import BACKUP_SUFFIX
from agentsentinel_shim.hook.clients import BY_NAME, HOOK_CLIENTS
from shim.hook.support import Desk
from shim.support import SENTINEL

CLAUDE = b"""{
  "model": "opus",
  "hooks": {
    "PreToolUse": [ { "matcher": "Bash", "hooks": [ { "type": "command", "command": "./mine.sh" } ] } ],
    "Stop": []
  },
  "permissions": { "allow": ["Read"] }
}
"""
FILES = {
    "claude-code": [
        CLAUDE,
        CLAUDE.replace(b"\n", b"\r\n"),
        b"{}",
        b"{ }\n",
        b"",
        b'\xef\xbb\xbf{"hooks": {"PreToolUse": []}}',
    ],
    "cursor": [
        b'{\n  "version": 1,\n  "hooks": {\n    "stop": [{"command": "say done"}]\n  }\n}\n',
        b'{"version":1,"hooks":{}}',
    ],
    "codex": [b'{"hooks": {"PostToolUse": [{"hooks": [{"type": "command", "command": "x"}]}]}}\n', b"{}"],
    "copilot": [b'{"version": 1, "hooks": {"sessionStart": [{"type": "command", "bash": "x"}]}}', b"{}"],
}
CASES = [(client, content) for client, contents in FILES.items() for content in contents]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(("client", "content"), CASES)
def test_a_file_comes_back_byte_for_byte(client: str, content: bytes, desk: Desk) -> None:
    path = desk.write(client, content)
    assert desk.run("install", "--client", client) == 0
    data = json.loads(path.read_bytes().decode("utf-8-sig"))
    assert all(SENTINEL in json.dumps(data["hooks"][event]) for event in BY_NAME[client].events)
    assert path.with_name(path.name + BACKUP_SUFFIX).read_bytes() == content
    assert desk.run("remove", "--client", client) == 0
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]


@pytest.mark.parametrize("client", [client.name for client in HOOK_CLIENTS])
def test_a_file_that_was_not_there_goes_again(client: str, desk: Desk) -> None:
    path = desk.file(client)
    assert desk.run("install", "--client", client) == 0
    assert oct(path.stat().st_mode)[-3:] == "600"
    first = path.read_bytes()
    assert desk.run("install", "--client", client) == 0
    assert path.read_bytes() == first
    assert desk.run("remove", "--client", client) == 0
    assert not path.exists()
    assert desk.run("remove", "--client", client) == 0


def test_the_shape_is_the_clients(desk: Desk) -> None:
    for client in FILES:
        desk.run("install", "--client", client)
    claude = json.loads(desk.file("claude-code").read_text())["hooks"]["PostToolUseFailure"]
    assert claude == [
        {"hooks": [{"type": "command", "command": f"{SENTINEL} hook --client claude-code", "timeout": 10}]}
    ]
    cursor = json.loads(desk.file("cursor").read_text())
    assert cursor["version"] == 1
    assert cursor["hooks"]["preToolUse"] == [{"command": f"{SENTINEL} hook --client cursor"}]
    assert json.loads(desk.file("codex").read_text())["hooks"].keys() == {"PreToolUse", "PostToolUse"}
    command = f"{SENTINEL} hook --client copilot --event postToolUse"
    assert json.loads(desk.file("copilot").read_text())["hooks"]["postToolUse"] == [
        {"type": "command", "bash": command, "powershell": command, "timeoutSec": 10}
    ]


def test_what_was_added_to_the_file_since_stays(desk: Desk) -> None:
    path = desk.write("claude-code", CLAUDE)
    desk.run("install", "--client", "claude-code")
    path.write_bytes(path.read_bytes().replace(b'"opus"', b'"sonnet"'))
    desk.run("remove", "--client", "claude-code")
    assert path.read_bytes() == CLAUDE.replace(b'"opus"', b'"sonnet"')


def test_installing_again_with_other_options_changes_the_commands_and_keeps_the_first_backup(desk: Desk) -> None:
    path = desk.write("claude-code", CLAUDE)
    desk.run("install", "--client", "claude-code")
    desk.run("install", "--client", "claude-code", "--sentinel-url", "https://s.example", "--api-key-file", "/k")
    assert path.read_text().count("--sentinel-url https://s.example --api-key-file /k") == 3
    desk.run("remove", "--client", "claude-code")
    assert path.read_bytes() == CLAUDE


def test_a_dry_run_writes_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.write("claude-code", CLAUDE)
    assert desk.run("install", "--client", "claude-code", "--dry-run") == 0
    assert path.read_bytes() == CLAUDE
    assert "nothing is written" in capsys.readouterr().out
    assert desk.run("install", "--client", "cursor", "--dry-run") == 0
    assert not desk.file("cursor").exists()


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"hooks": []}', b'{"hooks": {"PreToolUse": {}}}', b"\xff"])
def test_a_file_that_cannot_be_edited_is_left_alone(
    content: bytes, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    path = desk.write("claude-code", content)
    assert desk.run("install", "--client", "claude-code") == 2
    assert path.read_bytes() == content
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["install", "status", "remove"])
@pytest.mark.parametrize("place", ["a-file/settings.json", "/proc/1/none/settings.json", "x" * 300])
def test_a_file_that_cannot_be_there_is_one_line_that_says_so(
    verb: str, place: str, tmp_path: Path, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-file").touch()
    path = tmp_path / place
    assert desk.run(verb, "--client", "claude-code", "--config", str(path)) in ((1,) if verb == "status" else (0, 2))
    captured = capsys.readouterr()
    assert str(path.parent) in captured.out + captured.err
    assert not path.parent.joinpath("settings.json").exists()


def test_a_missing_key_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.run("install", "--client", "cursor", AGENTSENTINEL_API_KEY="") == 0
    assert "agentsentinel keys create" in capsys.readouterr().out


POLICY = "version: 1\nrules:\n  - {id: a, when: {tool: x}}\n"


@pytest.mark.parametrize("client", BY_NAME)
def test_only_the_hook_before_a_call_decides(client: str, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    policy = desk.home / "the policy.yaml"
    policy.write_text(POLICY)
    assert desk.run("install", "--client", client, "--policy", str(policy), "--enforce") == 0
    entries = json.loads(desk.file(client).read_text())["hooks"]
    deciding = [event for event, items in entries.items() if f"--policy '{policy}' --enforce" in json.dumps(items)]
    assert deciding == [BY_NAME[client].events[0]]
    assert "refuses what is denied" in capsys.readouterr().out
    assert desk.run("remove", "--client", client) == 0


def test_the_path_of_a_policy_is_written_in_full(desk: Desk) -> None:
    (desk.project / "p.yaml").write_text(POLICY)
    assert desk.run("install", "--client", "codex", "--policy", "p.yaml") == 0
    assert f"--policy {desk.project}/p.yaml" in desk.file("codex").read_text()


def test_a_wrong_policy_refuses_the_installation_with_its_lines(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.write("claude-code", CLAUDE)
    policy = desk.home / "p.yaml"
    for content in (POLICY.replace("tool", "tol"), None):
        if content is None:
            policy.unlink()
        else:
            policy.write_text(content)
        for rest in ([], ["--enforce"], ["--dry-run"]):
            assert desk.run("install", "--client", "claude-code", "--policy", str(policy), *rest) == 2
            assert f"{policy}:{3 if content else 1}: " in capsys.readouterr().err
            assert path.read_bytes() == CLAUDE


def test_installing_again_without_enforce_takes_the_enforcement_out(desk: Desk) -> None:
    for options in (["--enforce"], []):
        desk.run("install", "--client", "cursor", *options)
    assert "--enforce" not in desk.file("cursor").read_text()
