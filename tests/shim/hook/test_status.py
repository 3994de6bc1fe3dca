"""`sentinel hook status` says that calls are reported only when they are."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from agentsentinel_shim.hook.clients import BY_NAME
from agentsentinel_shim.hook.status import checks_of
from shim.hook.support import Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    made = Desk(tmp_path)
    for client in BY_NAME:
        made.run("install", "--client", client)
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
    (desk.home / ".codex" / "config.toml").write_text(f"[features]\n{name} = false\n")
    (problem,) = problems(desk, "codex", capsys)
    assert f"features.{name} is false" in problem


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
