"""The report as GitHub workflow commands, which GitHub shows as annotations on the lines of the source.

The Markdown report is appended to the job summary when GITHUB_STEP_SUMMARY names its file.
"""

import os

from agentsentinel_cli.report.markdown_report import render as render_markdown
from agentsentinel_cli.report.words import filtered, left_out, safe, suppressions
from agentsentinel_cli.scan.report_model import ScanFinding, ScanResult
from agentsentinel_core.findings import Severity

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(result: ScanResult) -> str:
    """Return the workflow commands, and append the Markdown report to the job summary.

    One line for each finding that is not suppressed, one for each file that could not be read, one for all suppressed
    findings together, one for what was left out of the scan, and one for what the filters left out of the report.
    """
    lines = [_annotation(finding) for finding in result.findings() if finding.counts]
    lines += [
        f"::warning file={_property(entry.path)}::not read: {_text(safe(entry.reason))}" for entry in result.skipped
    ]
    if suppressed := suppressions(finding.suppression for finding in result.findings()):
        lines.append(f"::notice title=Suppressed findings::{_text(safe(suppressed, 600))}")
    if result.left_out:
        lines.append(f"::notice title=Left out of the scan::{_text(left_out(result.left_out))}")
    if result.filtered:
        lines.append(f"::notice title=Filtered findings::{_text(filtered(result.filtered))}")
    _add_to_summary(render_markdown(result))
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: ScanFinding) -> str:
    at = finding.locations[0]
    where = f"file={_property(at.path)},line={at.place.line},col={at.place.column}"
    title = _property(f"{finding.severity.value} {finding.rule_id}")
    message = _text(f"{safe(finding.message, 600)} {safe(finding.detail, 600)} Fix: {finding.fix} {finding.docs}")
    return f"::{_COMMANDS[finding.severity]} {where},title={title}::{message}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(safe(text, 400)).replace(":", "%3A").replace(",", "%2C")


def _add_to_summary(text: str) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(text)
