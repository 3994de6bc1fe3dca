"""Settings of the repository apply where the command line says nothing, and every use of them is said."""

from pathlib import Path

import pytest

from cli.scan.support import READER, SALES_TEAM, Run, sentinel, write_tree

ALL = ["EXFILTRATION_PATH", "DANGEROUS_GRANTS", "MISSING_RATE_LIMIT"]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a repository with one risky and one harmless file."""
    return write_tree(tmp_path / "work", {".git/HEAD": "", "sales.py": SALES_TEAM, "docs/reader.py": READER})


def scan(work: Path, settings: str, *arguments: str) -> Run:
    write_tree(work, {"sentinel.toml": settings})
    return sentinel(work, "scan", ".", "--format", "json", *arguments)


def test_each_setting_applies(work: Path) -> None:
    assert scan(work, 'fail-on = "LOW"').code == 1
    assert scan(work, 'severity = ["LOW"]').rules == ["MISSING_RATE_LIMIT"]
    assert scan(work, '[rules]\ndisabled = ["DANGEROUS_GRANTS"]').rules == ["EXFILTRATION_PATH", "MISSING_RATE_LIMIT"]
    assert scan(work, '[rules]\nonly = ["DANGEROUS_GRANTS"]').rules == ["DANGEROUS_GRANTS"]
    assert scan(work, 'exclude = ["docs/**"]').tools.count("search_docs") == 0
    sentinel(work, "scan", ".", "--no-config", "--write-baseline", "known.json")
    assert scan(work, 'baseline = "known.json"', "--fail-on", "LOW").code == 0


def test_settings_are_those_of_the_root_from_any_folder(work: Path) -> None:
    write_tree(work, {"sentinel.toml": '[rules]\nonly = ["DANGEROUS_GRANTS"]'})
    run = sentinel(work / "docs", "scan", "../sales.py", "--format", "json")
    assert run.rules == ["DANGEROUS_GRANTS"]
    assert run.err == "settings of ../sentinel.toml: rules\n"


def test_the_command_line_wins(work: Path) -> None:
    assert scan(work, 'fail-on = "LOW"', "--fail-on", "CRITICAL", "--severity", "HIGH").code == 0
    assert scan(work, 'severity = ["LOW"]', "--severity", "HIGH").rules == ["DANGEROUS_GRANTS"]
    assert scan(work, '[rules]\ndisabled = ["TOOL_SPRAWL"]', "--rule", "TOOL_SPRAWL").rules == []
    assert "search_docs" in scan(work, 'exclude = ["docs/**"]', "--exclude", "other").tools
    assert scan(work, 'fail-on = "LOW"', "--no-config").code == 0


def test_a_changed_setting_is_not_answered_from_the_cache(work: Path) -> None:
    assert scan(work, "").rules == ALL
    assert scan(work, '[rules]\nonly = ["DANGEROUS_GRANTS"]').rules == ["DANGEROUS_GRANTS"]
    assert scan(work, "").rules == ALL


def test_what_is_taken_is_said_on_standard_error_in_cached_runs_too(work: Path) -> None:
    for _ in range(2):
        run = scan(work, 'fail-on = "LOW"\nexclude = ["docs/**"]')
        assert run.err == "settings of sentinel.toml: fail-on, exclude\n"
    assert scan(work, 'fail-on = "LOW"', "--fail-on", "HIGH").err == ""


def test_without_suppressions_only_the_gate_is_taken(work: Path) -> None:
    settings = 'fail-on = "LOW"\nseverity = ["MEDIUM"]\nexclude = ["**"]\nbaseline = "missing.json"\n'
    run = scan(work, f'{settings}[rules]\nonly = ["TOOL_SPRAWL"]', "--no-suppressions")
    assert (run.code, run.rules) == (1, ALL)
    assert run.err == "settings of sentinel.toml: fail-on\n"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('[rules]\nonly = ["NO_SUCH_RULE"]', "sentinel.toml: rules: 'NO_SUCH_RULE' is not a rule of this scan"),
        ('baseline = "missing.json"', "sentinel.toml: baseline: 'missing.json' does not exist"),
        ("colour = 1", "sentinel.toml: 'colour' is not a setting"),
    ],
)
def test_a_setting_that_cannot_apply_is_wrong_usage(work: Path, settings: str, message: str) -> None:
    run = scan(work, settings)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


def test_the_baseline_of_the_settings_can_be_written_the_first_time(work: Path) -> None:
    assert scan(work, 'baseline = "known.json"', "--write-baseline", "known.json").code == 0
    assert scan(work, 'baseline = "known.json"', "--fail-on", "LOW").code == 0
