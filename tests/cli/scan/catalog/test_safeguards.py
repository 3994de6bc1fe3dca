"""Every switch of the catalogue takes effect in its sample, and only by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsentinel_cli.scan.catalog.safeguards import (
    APPROVAL,
    JAVASCRIPT_SWITCHES,
    LIMITER_SAMPLES,
    PYTHON_SWITCHES,
    RATE_LIMIT,
    Switch,
)
from agentsentinel_cli.scan.file_selection import Selection
from agentsentinel_cli.scan.pipeline import Request, scan
from agentsentinel_cli.scan.recognize.effects import limits_rate
from agentsentinel_cli.scan.report_model import ScanResult

SWITCHES = [
    pytest.param(row, suffix, id=f"{row.framework}-{row.word}")
    for rows, suffix in ((PYTHON_SWITCHES, ".py"), (JAVASCRIPT_SWITCHES, ".ts"))
    for row in rows
]
NAMING = [
    pytest.param(row, suffix, id=f"{row.framework}-{row.word}")
    for rows, suffix in ((PYTHON_SWITCHES, ".py"), (JAVASCRIPT_SWITCHES, ".ts"))
    for row in rows
    if row.names
]


def scanned(folder: Path, name: str, source: str) -> ScanResult:
    (folder / name).write_text(source)
    return scan(Request((str(folder / name),), Selection(), use_cache=False, jobs=1), datetime(2026, 1, 1, tzinfo=UTC))


def rules_of(result: ScanResult) -> set[str]:
    return {finding.rule_id for finding in result.findings()}


def guards_of(result: ScanResult) -> set[str]:
    return {one.guard for agent in result.agents for tool in agent.tools for one in agent.safeguards_of(tool)}


@pytest.mark.parametrize(("row", "suffix"), SWITCHES)
def test_a_switch_answers_the_rules_it_concerns(row: Switch, suffix: str, tmp_path: Path) -> None:
    result = scanned(tmp_path, f"sample{suffix}", row.sample)
    answered = {"MISSING_RATE_LIMIT"} | ({"DANGEROUS_GRANTS"} if row.guard == APPROVAL else set())
    assert guards_of(result) == {row.guard}
    assert rules_of(result).isdisjoint(answered)
    assert (row.guard == APPROVAL) == ("DANGEROUS_GRANTS" not in rules_of(result))


@pytest.mark.parametrize(("row", "suffix"), SWITCHES)
def test_without_its_word_the_rules_speak(row: Switch, suffix: str, tmp_path: Path) -> None:
    source = row.sample
    for word in {row.word, row.names} - {""}:
        source = source.replace(word, f"other{word}")
    result = scanned(tmp_path, f"sample{suffix}", source)
    assert guards_of(result) == set()
    assert rules_of(result) >= {"DANGEROUS_GRANTS"}
    assert ("MISSING_RATE_LIMIT" in rules_of(result)) == result.agents[0].is_agent


@pytest.mark.parametrize(("row", "suffix"), NAMING)
def test_a_switch_for_named_tools_leaves_the_others(row: Switch, suffix: str, tmp_path: Path) -> None:
    source = row.sample.replace('{"delete_user"', '{"other"').replace('["delete_user"', '["other"')
    source = source.replace('tool_name="delete_user"', 'tool_name="other"').replace("{ delete_user:", "{ other:")
    source = source.replace("runLimit: 3", 'toolName: "other", runLimit: 3')
    assert guards_of(scanned(tmp_path, f"sample{suffix}", source)) == set()


@pytest.mark.parametrize("line", LIMITER_SAMPLES)
def test_a_limiter_in_the_body_limits(line: str, tmp_path: Path) -> None:
    source = (
        "from langchain_core.tools import tool\n\n\n@tool\ndef delete_user(id: str) -> str:\n"
        f'    """Delete a user."""\n    {line}\n    return db.drop(id)\n'
    )
    assert guards_of(scanned(tmp_path, "sample.py", source)) == {RATE_LIMIT}


@pytest.mark.parametrize(
    "name",
    [
        "handle_rate_limit_error",
        "RateLimitError",
        "self.limit",
        "query.limit",
        "limiter",
        "is_rate_limited",
        "delimiter.hit",
    ],
)
def test_other_names_limit_nothing(name: str) -> None:
    assert not limits_rate(name)
