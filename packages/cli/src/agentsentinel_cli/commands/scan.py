"""`sentinel scan`: reads the options, runs the scan, writes the report, and says by its exit code how it went."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from agentsentinel_cli.commands.parsing import parser, terminal_width

if TYPE_CHECKING:
    from agentsentinel_cli.scan.results import ScanResult
    from agentsentinel_cli.scan.run import Request

CLEAN, GATE_HIT, USAGE_ERROR, NOTHING_SCANNED = 0, 1, 2, 3

_LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
FORMATS = ("text", "json", "sarif", "github", "markdown")
_DESCRIPTION = """\
Find every tool of an agent in its source, and say what is wrong with it.
Reads Python, notebooks, TypeScript and JavaScript; imports and runs nothing."""
_EPILOG = """\
exit codes:
  0  nothing at or above --fail-on (or no --fail-on)
  1  a finding at or above --fail-on
  2  wrong usage, or a target that is not there
  3  nothing could be scanned

examples:
  sentinel scan my_agent.py
  sentinel scan ./agents/ --fail-on CRITICAL
  sentinel scan . --format sarif --output sentinel.sarif
  sentinel scan . --baseline known.json --fail-on HIGH"""


def run(arguments: Sequence[str]) -> int:
    """Scan. Gives the exit code."""
    options = _parser().parse_args(list(arguments))
    # Parsing makes many objects and no cycles; looking for some costs a tenth of the run.
    gc.set_threshold(200_000, 20, 20)
    from agentsentinel_cli.scan.run import scan  # noqa: PLC0415 - not for --help

    try:
        result = scan(_request(options), datetime.now(timezone.utc), _progress(options))
    except FileNotFoundError as error:
        return _refuse(f"there is no {error.filename!a}")
    except OSError as error:
        return _refuse(f"{error.filename!a}: {(error.strerror or type(error).__name__).lower()}")
    except Exception as error:
        from agentsentinel_cli.scan.suppressions import SuppressionError  # noqa: PLC0415

        if isinstance(error, SuppressionError):
            return _refuse(str(error))
        raise
    if options.connect:
        _add_live(result, options)
    code = _exit_code(result, options.fail_on)
    if options.write_baseline:
        _write_baseline(result, options.write_baseline)
    _say_what_was_not_read(result, options.verbose)
    try:
        _write_report(result, options)
    except BrokenPipeError:
        # Whoever reads has seen enough. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        return _refuse(f"cannot write {options.output or 'the report'!a}: {error.strerror}")
    return code


def _parser() -> argparse.ArgumentParser:
    options = parser("sentinel scan", _DESCRIPTION, _EPILOG)
    options.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="files and folders (default: .); - is Python on standard input",
    )
    report = options.add_argument_group("report")
    report.add_argument("--format", choices=FORMATS, default="text", help="how to write the report (default: text)")
    report.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    report.add_argument("--verbose", action="store_true", help="also say why each tool got its class")
    report.add_argument("--no-color", action="store_true", help="never colour (so does the variable NO_COLOR)")
    gate = options.add_argument_group("gate")
    gate.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=_severity,
        help="exit with 1 when a finding is as bad as LEVEL (CRITICAL, HIGH, MEDIUM, LOW) or worse",
    )
    gate.add_argument("--baseline", metavar="FILE", help="findings listed in FILE are known: only new ones count")
    gate.add_argument("--write-baseline", metavar="FILE", help="write the findings of this run down as known")
    gate.add_argument("--ignore-file", metavar="FILE", help="suppressions (default: .sentinelignore here or in TARGET)")
    files = options.add_argument_group("files")
    files.add_argument("--exclude", metavar="GLOB", action="append", default=[], help="leave these out (repeatable)")
    files.add_argument("--include-tests", action="store_true", help="also read tests, which are left out")
    files.add_argument(
        "--include-vendored", action="store_true", help="also read virtual environments, node_modules and the like"
    )
    files.add_argument("--no-cache", action="store_true", help="read every file anew")
    files.add_argument("--jobs", metavar="N", type=_jobs, default=0, help="processes for big trees (default: cores)")
    live = options.add_argument_group("live data (needs the extra agentsentinel-cli[live])")
    live.add_argument("--connect", metavar="URL", help="add what a running platform says of the agents found")
    live.add_argument("--api-key", metavar="KEY", help="its key (default: the variable AGENTSENTINEL_API_KEY)")
    live.add_argument("--agent-id", metavar="ID", help="the agent there, when names differ")
    return options


def _severity(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_LEVELS)}")
    return text.upper()


def _jobs(text: str) -> int:
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if not 1 <= jobs <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; use 1 to 64")
    return jobs


def _request(options: argparse.Namespace) -> "Request":
    from agentsentinel_cli.scan.files import STDIN, Selection  # noqa: PLC0415
    from agentsentinel_cli.scan.run import Request  # noqa: PLC0415

    return Request(
        targets=tuple(options.targets or ["."]),
        selection=Selection(options.include_tests, options.include_vendored, tuple(options.exclude)),
        use_cache=not options.no_cache and STDIN not in options.targets,
        jobs=options.jobs,
        ignore_file=options.ignore_file,
        baseline=options.baseline,
    )


def _refuse(message: str) -> int:
    sys.stderr.write(f"sentinel scan: {message}\n")
    return USAGE_ERROR


def _exit_code(result: "ScanResult", fail_on: str | None) -> int:
    gate = _LEVELS[: _LEVELS.index(fail_on) + 1] if fail_on is not None else ()
    if any(finding.counts and finding.severity.value in gate for finding in result.findings()):
        return GATE_HIT
    return CLEAN if result.files_read else NOTHING_SCANNED


def _progress(options: argparse.Namespace) -> Callable[[int, int], None]:
    from agentsentinel_cli.report.progress import progress  # noqa: PLC0415

    return progress(sys.stderr, is_wanted=sys.stderr.isatty() and not options.verbose)


def _say_what_was_not_read(result: "ScanResult", verbose: bool) -> None:
    from agentsentinel_cli.report.words import safe  # noqa: PLC0415

    for entry in result.skipped:
        sys.stderr.write(f"not read: {safe(entry.path)}: {safe(entry.reason)}\n")
    for warning in result.warnings:
        sys.stderr.write(f"warning: {safe(warning)}\n")
    if not result.files_read:
        sys.stderr.write("sentinel scan: nothing could be scanned\n")
    if result.left_out and (verbose or not result.files_read):
        kinds = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in result.left_out.items())
        sys.stderr.write(f"left out: {safe(kinds)} (--include-tests, --include-vendored bring most of them back)\n")


def _add_live(result: "ScanResult", options: argparse.Namespace) -> None:
    from agentsentinel_cli.scan.live import LiveError, add_live  # noqa: PLC0415

    key = options.api_key or os.environ.get("AGENTSENTINEL_API_KEY", "")
    try:
        add_live(result, options.connect, key, options.agent_id)
    except LiveError as error:
        result.warnings.append(f"no live data: {error}")


def _write_baseline(result: "ScanResult", path: str) -> None:
    from agentsentinel_cli.scan.suppressions import write_baseline  # noqa: PLC0415

    count = write_baseline(path, result.findings())
    sys.stderr.write(f"{count} finding{'' if count == 1 else 's'} written to {path} as known\n")


def _write_report(result: "ScanResult", options: argparse.Namespace) -> None:
    to_file = options.output is not None
    text = _report(result, options, is_terminal=not to_file and sys.stdout.isatty())
    if to_file:
        with open(options.output, "w", encoding="utf-8") as stream:
            stream.write(text)
        sys.stderr.write(f"report written to {options.output}\n")
        return
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    sys.stdout.write(text)
    sys.stdout.flush()


def _report(result: "ScanResult", options: argparse.Namespace, *, is_terminal: bool) -> str:
    if options.format == "text":
        from agentsentinel_cli.report.text import Style, text_report  # noqa: PLC0415

        wants_color = is_terminal and not (
            options.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        )
        return text_report(result, Style(wants_color, terminal_width(), options.verbose))
    from importlib import import_module  # noqa: PLC0415

    report = import_module(f"agentsentinel_cli.report.{options.format}")
    return str(report.render(result))
