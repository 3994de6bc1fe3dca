"""`sentinel hook status` says that calls are reported only when they are."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook.clients import BY_NAME
from agentsentinel_shim.hook.status import checks_of
from shim.hook.enforcing import Agent, agent, agent_id, end
from shim.hook.support import Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    made = Desk(tmp_path)
    for client in BY_NAME:
        made.run("install", "--client", client)
    made.trust()
    capsys.readouterr()
    return made


def problems(desk: Desk, client: str, capsys: pytest.CaptureFixture[str], **environment: str) -> list[str]:
    code = desk.run("status", "--client", client, **environment)
    lines = capsys.readouterr().out.splitlines()
    found = [line.removeprefix("PROBLEM  ") for line in lines if line.startswith("PROBLEM")]
    assert code == (1 if found else 0)
    return found


@pytest.mark.parametrize("client", BY_NAME)
def test_hooks_that_work_answer_a_probe_that_is_not_sent(
    client: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.run("status", "--client", client) == 0
    out = capsys.readouterr().out
    assert out.count("answers a probe") == len(BY_NAME[client].events)
    assert "NOT" not in out
    assert not list(desk.home.rglob("calls.jsonl"))


def change(path: Path, **members: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def test_hooks_that_are_switched_off_are_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    change(desk.file("claude-code"), disableAllHooks=True)
    (problem,) = problems(desk, "claude-code", capsys)
    assert problem == f"hooks are switched off ({desk.file('claude-code')}: disableAllHooks is true)"


def test_a_project_can_switch_them_off(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    local = desk.project / ".claude" / "settings.local.json"
    local.parent.mkdir()
    local.write_text('{"disableAllHooks": true}')
    (problem,) = problems(desk, "claude-code", capsys)
    assert ".claude/settings.local.json" in problem


@pytest.mark.parametrize("name", ["hooks", "codex_hooks"])
def test_a_feature_of_codex_can_switch_them_off(name: str, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with (desk.home / ".codex" / "config.toml").open("a") as settings:
        settings.write(f"[features]\n{name} = false\n")
    (problem,) = problems(desk, "codex", capsys)
    assert f"features.{name} is false" in problem


def test_codex_does_not_run_hooks_that_its_user_has_not_trusted(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    settings = desk.home / ".codex" / "config.toml"
    trusted = settings.read_text()
    settings.unlink()
    assert problems(desk, "codex", capsys) == [
        "PreToolUse, PostToolUse: not trusted yet, so Codex does not run it: look at /hooks there"
    ]
    settings.write_text(trusted.replace("post_tool_use:0:0", "post_tool_use:1:0"))
    (problem,) = problems(desk, "codex", capsys)
    assert problem.startswith("PostToolUse: not trusted yet")


def test_what_a_client_that_asks_for_trust_has_to_be_told_is_said_by_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Desk(tmp_path).run("install", "--client", "codex")
    assert "trust the hooks at /hooks there" in capsys.readouterr().out


def test_an_administrator_can_leave_only_managed_hooks(desk: Desk, tmp_path: Path) -> None:
    root = tmp_path / "machine"
    folder = root / "etc" / "claude-code" / "managed-settings.d"
    folder.mkdir(parents=True)
    (folder / "10-hooks.json").write_text('{"allowManagedHooksOnly": true}')
    with patch.dict(os.environ, {"HOME": str(desk.home)}):
        checks = checks_of(BY_NAME["claude-code"], desk.file("claude-code"), desk.project, root=root)
        first = next(iter(checks))
    assert (first.is_right, "allowManagedHooksOnly is true" in first.text) == (False, True)


def test_the_users_own_setting_of_that_name_means_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    change(desk.file("claude-code"), allowManagedHooksOnly=True)
    assert problems(desk, "claude-code", capsys) == []


def test_a_matcher_that_is_too_narrow_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.file("claude-code")
    data = json.loads(path.read_text())
    data["hooks"]["PreToolUse"][0]["matcher"] = "Bash|Edit"
    data["hooks"]["PostToolUse"][0]["matcher"] = "*"
    path.write_text(json.dumps(data))
    assert problems(desk, "claude-code", capsys) == ["PreToolUse: only tools that match 'Bash|Edit' are reported"]


def test_an_event_without_our_hook_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.file("cursor")
    data = json.loads(path.read_text())
    del data["hooks"]["postToolUse"]
    path.write_text(json.dumps(data))
    assert problems(desk, "cursor", capsys) == ["postToolUse: has no hook of ours; run `sentinel hook install`"]


@pytest.mark.parametrize(("exists", "reason"), [(False, "is not there"), (True, "is not executable")])
def test_a_command_that_cannot_run_is_said(
    exists: bool, reason: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = desk.home / "sentinel"
    if exists:
        gone.touch(mode=0o600)
    path = desk.file("codex")
    path.write_text(path.read_text().replace(str(Path(sys.executable).parent / "sentinel"), str(gone)))
    assert problems(desk, "codex", capsys) == [f"{event}: {gone} {reason}" for event in ("PreToolUse", "PostToolUse")]


def test_a_command_that_runs_and_reports_nothing_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    fake = desk.home / "sentinel"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o700)
    path = desk.file("codex")
    path.write_text(path.read_text().replace(str(Path(sys.executable).parent / "sentinel"), str(fake)))
    assert problems(desk, "codex", capsys) == [
        f"{event}: the command does not answer a probe (exit code 3)" for event in ("PreToolUse", "PostToolUse")
    ]


def test_a_missing_file_and_a_missing_key_are_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing can be sent" in problems(desk, "cursor", capsys, AGENTSENTINEL_API_KEY="")[0]
    desk.file("cursor").unlink()
    assert problems(desk, "cursor", capsys) == [f"{desk.file('cursor')}: it is not there; run `sentinel hook install`"]


def test_calls_that_were_dropped_are_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    folder = desk.home / ".local" / "state" / "agentsentinel" / "hook"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dropped").write_bytes(b"..")
    assert "2 calls were dropped" in problems(desk, "cursor", capsys)[0]


# --- that a denial takes effect ------------------------------------------------------------------------------------


@pytest.fixture
def enforcing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Agent]:
    """Give Claude Code with hooks that enforce."""
    with agent(tmp_path, "claude-code") as made:
        made.install("--enforce")
        capsys.readouterr()
        yield made


def found(made: Agent, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the problems that `status` finds."""
    code = made.desk.run("status", "--client", made.client, *options, AGENTSENTINEL_API_KEY=made.api_key)
    lines = capsys.readouterr().out.splitlines()
    listed = [line.removeprefix("PROBLEM  ") for line in lines if line.startswith("PROBLEM")]
    assert code == (1 if listed else 0)
    assert ("a denial takes effect" in lines[-2 if made.client != "codex" else -3]) == (not listed)
    return listed


@pytest.mark.parametrize("client", BY_NAME)
def test_a_denial_that_takes_effect_is_proven_by_the_installed_command(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(tmp_path, client) as made:
        made.install("--enforce")
        capsys.readouterr()
        assert made.desk.run("status", "--client", client, AGENTSENTINEL_API_KEY=made.api_key) == 0
        out = capsys.readouterr().out
        assert f"ok       {BY_NAME[client].events[0]}: a call that must be denied was denied" in out
        assert "ok       rules in the policy: 3" in out
        assert "calls are reported, and a denial takes effect" in out
        assert f"No denial reaches {BY_NAME[client].beyond}." in out
        assert not list(made.desk.home.rglob("calls.jsonl"))


def changed(made: Agent, **members: Any) -> None:
    """Change members of the hook before a call, or of its group."""
    path = made.desk.file(made.client)
    data = json.loads(path.read_text())
    entry = data["hooks"][made.before][-1]
    holder = entry if "matcher" in members or "hooks" not in entry else entry["hooks"][0]
    holder.update(members)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"matcher": "Bash"}, "only tools that match 'Bash' are reported"),
        ({"if": "Bash(rm *)"}, "only calls that fit 'Bash(rm *)' are reported"),
        ({"async": True}, "it runs in the background, where a denial comes too late"),
        ({"timeout": 1}, "its timeout is 1: the client goes on without the denial; give it 10 s"),
    ],
)
def test_a_hook_whose_denial_would_come_to_nothing_is_said(
    members: dict[str, Any], problem: str, enforcing: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(enforcing, **members)
    assert found(enforcing, capsys) == [f"PreToolUse: {problem}"]


def test_hooks_that_are_switched_off_somewhere_are_said_also_where_they_would_deny(
    enforcing: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    local = enforcing.desk.project / ".claude" / "settings.local.json"
    local.parent.mkdir()
    local.write_text('{"disableAllHooks": true}')
    (problem,) = found(enforcing, capsys)
    assert "settings.local.json: disableAllHooks is true" in problem


def test_a_hook_that_codex_has_switched_off_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    key = f"{desk.file('codex')}:pre_tool_use:0:0"
    settings = desk.home / ".codex" / "config.toml"
    settings.write_text(settings.read_text().replace(f'"{key}"]', f'"{key}"]\nenabled = false'))
    (problem,) = problems(desk, "codex", capsys)
    assert f"{key!a} is not enabled" in problem


def test_a_hook_of_ours_that_does_not_enforce_is_said_where_one_should(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.run("status", "--client", "cursor") == 0
    assert "refuses none: it was installed without --enforce" in capsys.readouterr().out
    assert desk.run("status", "--client", "cursor", "--enforce") == 1
    assert "PROBLEM  preToolUse: reports every tool and refuses none" in capsys.readouterr().out


def test_silence_that_cursor_reads_as_a_failure_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, "cursor") as cursor:
        cursor.install("--enforce")
        capsys.readouterr()
        changed(cursor, failClosed=True)
        (problem,) = found(cursor, capsys)
        assert "failClosed reads the silence that allows a call as a failure" in problem


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("exit 0", "a call that must be denied was not (exit code 0)"),
        ("exit 1", "a call that must be denied was not (exit code 1)"),
        (
            """echo '{"permissionDecision": "deny", "permissionDecisionReason": "x"}'""",
            "the denial of a probe is not the one that the client documents (exit code 0)",
        ),
    ],
)
def test_a_command_that_gives_no_denial_of_its_client_is_said(
    script: str, problem: str, enforcing: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = enforcing.desk.home / "sentinel"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o700)
    changed(enforcing, command=f"{fake} hook --client claude-code --enforce")
    assert found(enforcing, capsys) == [f"PreToolUse: {problem}"]


def test_what_refuses_every_call_is_said(enforcing: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    enforcing.api_key = "as_adm_" + "1" * 64
    first, second = found(enforcing, capsys)
    assert "every call is refused now" in first
    assert "missing or old. AgentSentinel does not answer as it should: unknown API key" in second


def test_a_policy_that_became_wrong_is_said_with_its_line(enforcing: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(enforcing, capsys) == []
    enforcing.policy.write_text("version: 1\nrules: [{id: x}]\n")
    end(enforcing)
    (problem,) = found(enforcing, capsys)
    assert "the one before holds" in problem
    assert f"{enforcing.policy}:2: " in problem


def test_a_suspended_agent_is_proof_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentinel = FakeSentinel()
    with agent(tmp_path, "claude-code", sentinel) as made:
        made.install("--enforce", policy=None)
        made.allowed()
        sentinel.suspended[agent_id(sentinel, "claude-code")] = None
        end(made)
        capsys.readouterr()
        assert found(made, capsys) == []
        made.desk.run("status", "--client", "claude-code", AGENTSENTINEL_API_KEY=made.api_key)
        assert "the agent is suspended: every call is denied" in capsys.readouterr().out
