"""`sentinel policy check` reads a policy as the shim does."""

import json
from pathlib import Path

import pytest

from agentsentinel_cli.commands.policy import run

POLICY = """\
version: 1
unknown_tools: deny
rules:
  - id: no-etc
    mode: enforce
    when: {tool: read_file, arguments: {path: {matches: "^/etc/"}}}
  - id: reading
    effect: allow
    when: {tool: "read_*"}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def test_a_policy_that_can_be_used_is_listed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  no-etc   deny   enforce",
        "  reading  allow",
        f"{path}: 2 rules; a call to which none applies: deny",
    ]
    assert run(["check", "--format", "json", str(path)]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert [(rule["id"], rule["mode"]) for rule in rules] == [("no-etc", "enforce"), ("reading", "")]


def test_each_problem_has_its_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(POLICY.replace("enforce", "block").replace("effect: allow", "efect: allow"))
    assert run(["check", str(path)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{path}:5: mode must be one of observe, shadow, enforce")
    assert second.startswith(f"{path}:8: a rule has no field 'efect'")
    assert run(["check", str(path), "--format", "json"]) == 2
    assert [problem["line"] for problem in json.loads(capsys.readouterr().out)["problems"]] == [5, 8]


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path / "none.yaml")]) == 2
    assert "cannot be read: no such file or directory" in capsys.readouterr().err
