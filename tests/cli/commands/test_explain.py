"""`sentinel explain` shows the page of a rule without a network."""

import pytest

from agentsentinel_cli.commands.explain import run
from agentsentinel_core.posture.registry import CATALOGUE
from agentsentinel_core.posture.rule import Rule


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_each_rule_of_the_catalogue_has_a_page(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([rule.id.lower().replace("_", "-")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{rule.id}  {rule.severity.value}\n")
    assert "What to do" in shown
    assert " ".join(rule.remediation.split()) in " ".join(shown.split())
    assert [reference for reference in rule.references if f"  {reference}  " not in shown] == []


def test_an_unknown_rule_is_2_and_names_the_command_that_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["NO_SUCH\x1b[31mRULE"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "sentinel rules" in shown.err
    assert "\x1b" not in shown.err


@pytest.mark.parametrize("columns", [60, 100])
def test_a_page_keeps_to_the_columns_of_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run(["EXFILTRATION_PATH"])
    text = capsys.readouterr().out.partition("References")[0]
    assert columns - 15 < max(map(len, text.splitlines())) <= columns


def test_the_address_of_the_page_is_shown_when_one_is_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENTINEL_DOCS_URL", "https://docs.example/")
    run(["EXFILTRATION_PATH"])
    assert capsys.readouterr().out.endswith("More: https://docs.example/rules/exfiltration-path.md\n")
    monkeypatch.delenv("SENTINEL_DOCS_URL")
    run(["EXFILTRATION_PATH"])
    assert "More:" not in capsys.readouterr().out
