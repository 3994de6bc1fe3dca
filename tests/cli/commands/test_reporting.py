"""The gate and the notices that all verbs with findings share."""

import argparse
from typing import Any

import pytest

from agentsentinel_cli.commands.reporting import (
    CLEAN,
    FORMATS,
    GATE_HIT,
    NOTHING_SCANNED,
    add_fail_on,
    add_report_options,
    exit_code,
    render,
    what_passes_suppressed,
    what_was_not_read,
)
from agentsentinel_cli.scan.file_selection import Skipped
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScanResult, Suppression
from agentsentinel_core.findings import Severity


def result(*findings: ScanFinding, **members: Any) -> ScanResult:
    agent = ScannedAgent("a", "a.py", Place(1), "", None, None, findings=list(findings), status="TRUSTED")
    return ScanResult(
        **{"targets": ("a.py",), "agents": [agent], "skipped": [], "left_out": {}, "files_read": 1, **members}
    )


def finding(severity: Severity, suppression: Suppression | None = None) -> ScanFinding:
    where = (Location("a.py", Place(1)),)
    return ScanFinding("TOOL_SPRAWL", severity, "t", "m", "d", ("a:b",), "high", where, "f", "d", (), "0", suppression)


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_report_options(parser)
    add_fail_on(parser.add_argument_group("gate"))
    return parser.parse_args(words)


KNOWN = Suppression("file", "known", ".sentinelignore:1")


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("gate", Severity)
def test_the_gate_is_hit_by_its_level_and_every_worse_one(severity: Severity, gate: Severity) -> None:
    expected = GATE_HIT if severity.rank >= gate.rank else CLEAN
    assert exit_code(result(finding(severity)), gate.value) == expected
    assert exit_code(result(finding(severity, KNOWN)), gate.value) == CLEAN


def test_without_a_gate_only_a_scan_of_nothing_fails() -> None:
    assert exit_code(result(finding(Severity.CRITICAL)), None) == CLEAN
    assert exit_code(result(files_read=0), None) == NOTHING_SCANNED


def test_what_passes_the_gate_suppressed_is_said_with_the_place() -> None:
    notice = what_passes_suppressed(result(finding(Severity.HIGH, KNOWN)), "HIGH")
    assert notice == "suppressed at or above HIGH: 1 (1 by .sentinelignore:1)\n"
    assert what_passes_suppressed(result(finding(Severity.LOW, KNOWN)), "HIGH") == ""


@pytest.mark.parametrize("command", ["scan", "mcp scan"])
def test_what_was_not_read_is_said_with_the_reason_and_the_verb(command: str) -> None:
    shown = what_was_not_read(result(files_read=0, skipped=[Skipped("b\x1b.py", "too large")], command=command), False)
    assert shown == f"not read: b\\x1b.py: too large\nsentinel {command}: nothing could be scanned\n"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", ["scan", "mcp scan"])
def test_every_format_can_show_the_result_of_every_verb(form: str, command: str) -> None:
    assert render(result(command=command), options("--format", form)) or form == "github"


def test_a_level_may_be_written_in_lower_case_and_no_other_word_is_one() -> None:
    assert options("--fail-on", "high").fail_on == "HIGH"
    with pytest.raises(SystemExit):
        options("--fail-on", "grave")
