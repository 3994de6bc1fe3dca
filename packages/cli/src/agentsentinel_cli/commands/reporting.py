"""Options, gate and output that all verbs with findings share, so that they report and fail in the same way."""

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from agentsentinel_cli.commands.output import wants_color, wants_links
from agentsentinel_cli.commands.parsing import terminal_width
from agentsentinel_cli.scan.config import LEVELS

if TYPE_CHECKING:
    from agentsentinel_cli.scan.report_model import ScanResult

CLEAN, GATE_HIT, USAGE_ERROR, NOTHING_SCANNED = 0, 1, 2, 3

FORMATS = ("text", "json", "sarif", "github", "markdown")


def add_report_options(options: argparse.ArgumentParser) -> None:
    """Add the options of the report."""
    report = options.add_argument_group("report")
    report.add_argument("--format", choices=FORMATS, default="text", help="how to write the report (default: text)")
    report.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    report.add_argument("--verbose", action="store_true", help="also show why each tool got its class")
    report.add_argument("--no-color", action="store_true", help="never use colour (same as the variable NO_COLOR)")


def add_fail_on(gate: "argparse._ArgumentGroup") -> None:
    """Add the option that sets the gate."""
    gate.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=_severity,
        help="exit with 1 when a finding is as bad as LEVEL (CRITICAL, HIGH, MEDIUM, LOW) or worse",
    )


def add_filters(options: argparse.ArgumentParser) -> None:
    """Add the options that limit which findings are reported, and which of them the gate counts."""
    filters = options.add_argument_group("filters (for the report and the gate; scores are those of all findings)")
    filters.add_argument(
        "--severity",
        metavar="LEVEL[,LEVEL]",
        action="extend",
        type=_severities,
        default=[],
        help="report only findings of exactly these levels",
    )
    filters.add_argument(
        "--rule",
        metavar="RULE",
        action="append",
        type=str.upper,
        default=[],
        help="report only findings of this rule (repeatable)",
    )
    filters.add_argument(
        "--agent",
        metavar="NAME",
        action="append",
        default=[],
        help="report only agents with this name, or files of tools with this path; * and ? (repeatable)",
    )
    filters.add_argument(
        "--since",
        metavar="REF",
        help="report only findings in lines that differ between this commit and the working tree (needs git)",
    )


def _severities(text: str) -> list[str]:
    return [_severity(level.strip()) for level in text.split(",")]


def _severity(text: str) -> str:
    if text.upper() not in LEVELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(LEVELS)}")
    return text.upper()


def exit_code(result: "ScanResult", fail_on: str | None) -> int:
    """Return the exit code of a run whose gate is `fail_on`; None for no gate."""
    gate = _gate(fail_on)
    if any(finding.counts and finding.severity.value in gate for finding in result.findings()):
        return GATE_HIT
    return CLEAN if result.files_read else NOTHING_SCANNED


def _gate(fail_on: str | None) -> tuple[str, ...]:
    """Return the severity levels that fail the gate: `fail_on` and every worse one; empty without `--fail-on`."""
    return LEVELS[: LEVELS.index(fail_on) + 1] if fail_on is not None else ()


def what_passes_suppressed(result: "ScanResult", fail_on: str | None) -> str:
    """Return a line about suppressed findings at or above the gate's level, or the empty string when there are none.

    A change can contain its own suppressions, so the log of a passed gate must show them.
    """
    from agentsentinel_cli.report.words import safe, suppressions

    gate = _gate(fail_on)
    passed = [finding for finding in result.findings() if finding.severity.value in gate]
    suppressed = suppressions(finding.suppression for finding in passed)
    return f"suppressed at or above {fail_on}: {safe(suppressed, 400)}\n" if suppressed else ""


def what_was_not_read(result: "ScanResult", verbose: bool) -> str:
    """Return lines about all that was asked for and not examined, and about warnings."""
    from agentsentinel_cli.report.words import left_out, safe

    lines = [f"not read: {safe(entry.path)}: {safe(entry.reason)}" for entry in result.skipped]
    lines += [f"warning: {safe(warning)}" for warning in result.warnings]
    if not result.files_read:
        lines.append(f"sentinel {result.command}: nothing could be scanned")
    if result.left_out and (verbose or not result.files_read):
        options = "--include-tests, --include-vendored and --include-ignored bring most of them back"
        lines.append(f"left out: {left_out(result.left_out)} ({options})")
    return "".join(f"{line}\n" for line in lines)


def render(result: "ScanResult", options: argparse.Namespace) -> str:
    """Return the report in the format of the options."""
    if options.format == "text":
        from agentsentinel_cli.report.style import Style
        from agentsentinel_cli.report.text_report import text_report

        links_from = result.root if wants_links(options) else ""
        return text_report(result, Style(wants_color(options), terminal_width(), options.verbose, links_from))
    report = import_module(f"agentsentinel_cli.report.{options.format}_report")
    return str(report.render(result))
