"""`sentinel scan`: parses the options, runs the scan or loads its cached report, writes it, sets the exit code."""

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentsentinel_cli.commands.output import wants_color, wants_links, write
from agentsentinel_cli.commands.parsing import parser, terminal_width
from agentsentinel_cli.commands.reporting import (
    USAGE_ERROR,
    add_fail_on,
    add_filters,
    add_report_options,
    exit_code,
    render,
    what_passes_suppressed,
    what_was_not_read,
)
from agentsentinel_cli.commands.scan_config import apply_config, root_of_scan
from agentsentinel_cli.docs import pages
from agentsentinel_cli.scan.cache import CachedReport, cache_folder, load_report, report_key, store_report
from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.file_selection import STDIN, Selection, default_ignore_files, find_files

if TYPE_CHECKING:
    from agentsentinel_cli.scan.filters import Filters
    from agentsentinel_cli.scan.pipeline import Request
    from agentsentinel_cli.scan.report_model import ScanResult

_DESCRIPTION = """\
Find every tool of an agent in its source code, and report security problems.
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
    """Run `sentinel scan` and return its exit code."""
    options = scan_parser().parse_args(list(arguments))
    if options.url is not None:
        from agentsentinel_cli.commands.scan_server import scan_server

        return scan_server(options)
    if options.connect is not None and not (options.targets or options.agent_id or options.pid):
        from agentsentinel_cli.commands.scan_platform import list_agents

        return list_agents(options)
    if options.pid is not None:
        try:
            _aim_at_process(options)
        except _CannotAim as error:
            sys.stderr.write(_refusal(str(error)).err)
            return USAGE_ERROR
    try:
        sys.stderr.write(apply_config(options))
    except RequestError as error:
        sys.stderr.write(_refusal(str(error)).err)
        return USAGE_ERROR
    except OSError:
        pass  # a target that is not there, which the scan reports
    answers, key = _memory(options, arguments)
    if key is not None and (known := load_report(answers, key)) is not None:
        sys.stderr.write(known.err)
        return _show(known, options)
    answer = _answer(options)
    if key is not None and answer.code != USAGE_ERROR:
        store_report(answers, key, answer)
    sys.stderr.write(answer.err)
    return _show(answer, options)


class _CannotAim(Exception):
    """The process of `--pid` cannot be scanned; the message says why."""


def _aim_at_process(options: argparse.Namespace) -> None:
    """Make the source of a process the target. Raises _CannotAim."""
    from agentsentinel_cli.discover.process_source import ProcessError, source_of
    from agentsentinel_cli.report.words import safe

    if options.targets:
        raise _CannotAim("--pid names the target; leave TARGET out")
    try:
        source = source_of(options.pid)
    except ProcessError as error:
        raise _CannotAim(str(error)) from error
    options.targets = list(source.targets)
    if source.is_installed:
        options.include_tests = options.include_vendored = options.include_ignored = True
    sys.stderr.write(f"process {options.pid} ({safe(source.name)}): {safe(source.shown)}\n")


def _answer(options: argparse.Namespace) -> CachedReport:
    # Reading creates many objects but no reference cycles; garbage collection would cost a tenth of the run.
    gc.disable()
    from datetime import datetime, timezone

    from agentsentinel_cli.scan.pipeline import scan  # not needed for --help or a cached report

    try:
        result = scan(_request(options), datetime.now(timezone.utc), _progress(options))
        if options.connect:
            _add_live(result, options)
        notices = what_was_not_read(result, options.verbose) + what_passes_suppressed(result, options.fail_on)
        if options.write_baseline:
            notices += _write_baseline(result, options.write_baseline)
        return CachedReport(exit_code(result, options.fail_on), render(result, options), notices)
    except FileNotFoundError as error:
        return _refusal(f"{error.filename!a} does not exist")
    except OSError as error:
        return _refusal(f"{error.filename!a}: {(error.strerror or type(error).__name__).lower()}")
    except RequestError as error:
        return _refusal(str(error))


def _show(answer: CachedReport, options: argparse.Namespace) -> int:
    """Write the report to standard output or to the file of `--output`, and return the exit code."""
    if answer.code == USAGE_ERROR:
        return answer.code
    try:
        if options.output is None:
            write(answer.out)
        else:
            with open(options.output, "w", encoding="utf-8") as stream:
                stream.write(answer.out)
            sys.stderr.write(f"report written to {options.output}\n")
    except BrokenPipeError:
        # The reader closed the pipe (`| head`). Without this, Python would raise again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.stderr.write(_refusal(f"cannot write {options.output or 'the report'!a}: {error.strerror}").err)
        return USAGE_ERROR
    return answer.code


def _memory(options: argparse.Namespace, arguments: Sequence[str]) -> tuple[str, str | None]:
    """Return the folder of cached reports and the key of this run, or None as key when the run cannot be cached."""
    is_repeatable = not (options.no_cache or options.connect or options.write_baseline or options.format == "github")
    is_repeatable = is_repeatable and options.since is None  # the lines that differ are not part of the key
    if not is_repeatable or STDIN in options.targets:
        return "", None
    try:
        targets = options.targets or ["."]
        walk = find_files(targets, _selection(options), (options.baseline, options.ignore_file))
    except OSError:
        return "", None
    others = [file for file in (options.baseline, options.ignore_file, options.config) if file is not None]
    others += default_ignore_files(targets, walk.root)
    layout = f"{terminal_width()} {wants_color(options)} {wants_links(options)}"
    # The date is part of the key because suppressions expire.
    context = (*arguments, walk.root, pages() or "", layout, time.strftime("%Y-%m-%d", time.gmtime()))
    return os.path.join(cache_folder(), "answers"), report_key(walk, others, context)


def scan_parser() -> argparse.ArgumentParser:
    """Create the argument parser of `sentinel scan`."""
    options = parser("sentinel scan", _DESCRIPTION, _EPILOG)
    options.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="files and folders to scan (default: .); - reads Python from standard input",
    )
    add_report_options(options)
    add_filters(options)
    gate = options.add_argument_group("gate")
    add_fail_on(gate)
    gate.add_argument("--baseline", metavar="FILE", help="findings listed in FILE are known: only new ones count")
    gate.add_argument("--write-baseline", metavar="FILE", help="write the findings of this run to FILE as a baseline")
    gate.add_argument(
        "--no-suppressions",
        action="store_true",
        help="ignore what the scanned source itself can hide: comments, .sentinelignore, settings but for fail-on",
    )
    gate.add_argument(
        "--no-config",
        action="store_true",
        help="ignore the settings of the repository: sentinel.toml, or [tool.sentinel] in pyproject.toml",
    )
    gate.add_argument(
        "--ignore-file",
        metavar="FILE",
        help="file of suppressions (default: .sentinelignore in the repository root, the working folder and TARGET)",
    )
    files = options.add_argument_group("files")
    files.add_argument(
        "--exclude", metavar="GLOB", action="append", default=[], help="skip matching paths (repeatable)"
    )
    files.add_argument("--include-tests", action="store_true", help="also read tests, which are skipped by default")
    files.add_argument(
        "--include-vendored", action="store_true", help="also read virtual environments, node_modules and the like"
    )
    files.add_argument(
        "--include-ignored", action="store_true", help="also read what git ignores, and nested checkouts"
    )
    files.add_argument("--no-cache", action="store_true", help="read every file again instead of using the cache")
    files.add_argument(
        "--jobs", metavar="N", type=_jobs, default=0, help="worker processes for large trees (default: number of cores)"
    )
    running = options.add_argument_group("what runs (needs the extra agentsentinel-cli[discover])")
    running.add_argument("--pid", metavar="N", type=_pid, help="scan the script of a running process and its project")
    running.add_argument(
        "--url",
        metavar="URL",
        help="show models, tools, authentication and version of a server, without scanning files",
    )
    live = options.add_argument_group("live data (needs the extra agentsentinel-cli[live])")
    live.add_argument(
        "--connect",
        metavar="URL",
        help="add scores and grants of the found agents from a platform; without TARGET, list its agents",
    )
    live.add_argument(
        "--api-key", metavar="KEY", help="API key of the platform (default: the variable AGENTSENTINEL_API_KEY)"
    )
    live.add_argument("--agent-id", metavar="ID", help="id of the agent on the platform, when names differ")
    return options


def _jobs(text: str) -> int:
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if not 1 <= jobs <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of processes; use 1 to 64")
    return jobs


def _pid(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:10]) < 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not the id of a process")
    return int(text)


def _request(options: argparse.Namespace) -> "Request":
    from agentsentinel_cli.scan.pipeline import Request

    return Request(
        targets=tuple(options.targets or ["."]),
        selection=_selection(options),
        use_cache=not options.no_cache and STDIN not in options.targets,
        jobs=options.jobs,
        ignore_file=options.ignore_file,
        is_strict=options.no_suppressions,
        baseline=options.baseline,
        new_baseline=options.write_baseline,
        filters=_filters(options),
    )


def _filters(options: argparse.Namespace) -> "Filters":
    """Return the filters of the options. Raises RequestError for a rule or a commit that does not exist."""
    from agentsentinel_cli.scan.filters import Filters, check_rules
    from agentsentinel_cli.scan.git_diff import changed_since

    check_rules([*options.rule, *options.disabled_rules], options.rules_origin)
    return Filters(
        severities=tuple(options.severity),
        rules=tuple(options.rule),
        disabled_rules=tuple(options.disabled_rules),
        agents=tuple(options.agent),
        changed=changed_since(root_of_scan(options), options.since) if options.since is not None else None,
    )


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(
        include_tests=options.include_tests,
        include_vendored=options.include_vendored,
        include_ignored=options.include_ignored,
        exclude=tuple(options.exclude),
    )


def _refusal(message: str) -> CachedReport:
    return CachedReport(USAGE_ERROR, "", f"sentinel scan: {message}\n")


def _progress(options: argparse.Namespace) -> Callable[[int, int], None]:
    from agentsentinel_cli.report.progress import progress

    return progress(sys.stderr, is_wanted=sys.stderr.isatty() and not options.verbose)


def _add_live(result: "ScanResult", options: argparse.Namespace) -> None:
    from agentsentinel_cli.scan.platform_comparison import LiveError, add_live

    key = options.api_key or os.environ.get("AGENTSENTINEL_API_KEY", "")
    try:
        add_live(result, options.connect, key, options.agent_id)
    except LiveError as error:
        result.warnings.append(f"no live data: {error}")


def _write_baseline(result: "ScanResult", path: str) -> str:
    from agentsentinel_cli.scan.suppressions import write_baseline

    count = write_baseline(path, result.findings())
    return f"{count} finding{'' if count == 1 else 's'} written to {path} as known\n"
