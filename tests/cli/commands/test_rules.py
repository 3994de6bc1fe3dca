"""`sentinel rules` lists the whole catalogue."""

import json

import pytest

from agentsentinel_cli.commands.rules import run
from agentsentinel_core.posture.registry import CATALOGUE, SCAN_RULES


def test_the_list_names_every_rule_of_the_catalogue_in_both_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(CATALOGUE)
    assert {row["rule_id"] for row in rows} == {rule.id for rule in CATALOGUE}
    assert run([]) == 0
    listed = capsys.readouterr().out
    assert [row["rule_id"] for row in rows if row["rule_id"] not in listed] == []


def test_the_worst_rules_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    run([])
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    severities = [line.split()[0] for line in lines]
    order = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    assert severities == sorted(severities, key=order.index)
    assert set(severities) == set(order)


def test_a_rule_says_whether_the_scan_can_run_it(capsys: pytest.CaptureFixture[str]) -> None:
    run([])
    where = {line.split()[1]: line.split()[2] for line in capsys.readouterr().out.partition("\n\n")[0].splitlines()}
    assert where["EXFILTRATION_PATH"] == "scan"
    assert {rule for rule, place in where.items() if place == "scan"} == {rule.id for rule in SCAN_RULES}
    assert set(where.values()) == {"scan", "server", "clients"}


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["EXFILTRATION_PATH"]])
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().out == ""
