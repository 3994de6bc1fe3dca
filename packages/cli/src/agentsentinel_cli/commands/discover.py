"""`sentinel discover`: parses the options, runs the vectors, writes the report, sets the exit code."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from importlib import import_module
from typing import TYPE_CHECKING

from agentsentinel_cli.commands.output import deliver, wants_color, write
from agentsentinel_cli.commands.parsing import parser, terminal_width
from agentsentinel_cli.scan.errors import SuppressionError

if TYPE_CHECKING:
    from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery
    from agentsentinel_cli.discover.run import Plan

CLEAN, GATE_HIT, USAGE_ERROR, NOTHING_SCANNED, INTERRUPTED = 0, 1, 2, 3, 130
FORMATS = ("text", "json", "markdown", "sarif", "cyclonedx")
_LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
_WATCH_SECONDS = 30
_DESCRIPTION = """\
Find AI agents, MCP servers and LLM APIs that run on this host, on a subnet,
in containers and in folders, with what makes them risky.
Sends no credentials, calls no tool, and changes nothing."""
_EPILOG = """\
exit codes:
  0    no agent at or above --fail-on (CRITICAL)
  1    an agent at or above --fail-on that is not known
  2    wrong usage, or a file that cannot be read or written
  3    nothing could be looked at
  130  interrupted; the report shows what was found until then

examples:
  sentinel discover
  sentinel discover --subnet 10.0.0.0/24
  sentinel discover --no-process --ports 8000-9001
  sentinel discover --format cyclonedx --output agents.cdx.json"""


def run(arguments: Sequence[str]) -> int:
    """Run `sentinel discover` and return its exit code."""
    options = discover_parser().parse_args(list(arguments))
    try:
        plan = _plan(options)
        known = _known(options)
        _check_platform(options)
    except (_UsageError, SuppressionError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename!a}: {(error.strerror or type(error).__name__).lower()}")
    if options.watch is not None:
        return _watch(options, plan, known)
    discovery = _discover(plan, known)
    return _finish(discovery, options)


def discover_parser() -> argparse.ArgumentParser:
    """Create the argument parser of `sentinel discover`."""
    options = parser("sentinel discover", _DESCRIPTION, _EPILOG)
    vectors = options.add_argument_group("what to look at")
    vectors.add_argument(
        "--process", action=argparse.BooleanOptionalAction, default=True, help="running processes (default: on)"
    )
    vectors.add_argument(
        "--network", action=argparse.BooleanOptionalAction, default=True, help="ports of this host (default: on)"
    )
    vectors.add_argument("--subnet", metavar="CIDR", help="every host of a range, such as 10.0.0.0/24 or fd00::/120")
    vectors.add_argument("--path", metavar="DIR", help="agents in the source code of a folder")
    vectors.add_argument(
        "--docker", action=argparse.BooleanOptionalAction, default=False, help="running containers (default: off)"
    )
    vectors.add_argument(
        "--kubernetes",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="pods of the current context of kubectl (default: off)",
    )
    vectors.add_argument(
        "--clients",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="coding agents and other AI clients of this user, by their files (default: on)",
    )
    vectors.add_argument(
        "--ports",
        metavar="PORTS",
        help="ports to probe, such as 8000-9001 or 8000,8080 (default: see docs/discover.md)",
    )
    vectors.add_argument("--force", action="store_true", help="scan a range of more than 65,536 addresses")
    report = options.add_argument_group("report")
    report.add_argument("--format", choices=FORMATS, default="text", help="how to write the report (default: text)")
    report.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    report.add_argument("--verbose", action="store_true", help="show full details and evidence for each agent")
    report.add_argument("--no-color", action="store_true", help="never use colour (same as the variable NO_COLOR)")
    report.add_argument(
        "--watch",
        metavar="SECONDS",
        nargs="?",
        type=_seconds,
        const=_WATCH_SECONDS,
        help=f"look again and again, and show what changed (default: every {_WATCH_SECONDS} seconds)",
    )
    gate = options.add_argument_group("gate and inventory")
    gate.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=_level,
        default="CRITICAL",
        help="exit with 1 for an agent as bad as LEVEL (CRITICAL, HIGH, MEDIUM, LOW) or worse (default: CRITICAL)",
    )
    gate.add_argument("--register", metavar="URL", help="add what was found to the inventory of a platform")
    gate.add_argument(
        "--api-key", metavar="KEY", help="admin key of the platform (default: the variable AGENTSENTINEL_API_KEY)"
    )
    known = options.add_argument_group("known agents")
    known.add_argument("--baseline", metavar="FILE", help="agents listed in FILE are known and set no exit code")
    known.add_argument("--write-baseline", metavar="FILE", help="write the agents of this run to FILE as a baseline")
    known.add_argument(
        "--ignore-file", metavar="FILE", help="file with AGENT lines (default: .sentinelignore in the working folder)"
    )
    return options


class _UsageError(Exception):
    """The options cannot be used; the message says why."""


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return int(text)


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(_LEVELS)}")
    return text.upper()


def _plan(options: argparse.Namespace) -> "Plan":
    from agentsentinel_cli.discover.ports import PortsError, parse_ports
    from agentsentinel_cli.discover.run import Plan
    from agentsentinel_cli.discover.subnet_range import SubnetError, parse_subnet

    try:
        ports = parse_ports(options.ports) if options.ports is not None else None
        subnet = parse_subnet(options.subnet, is_forced=options.force) if options.subnet is not None else None
    except (PortsError, SubnetError) as error:
        raise _UsageError(str(error)) from error
    if options.path is not None and not os.path.exists(options.path):
        raise _UsageError(f"{options.path!a} does not exist")
    plan = Plan(
        options.process,
        options.network,
        subnet,
        ports,
        options.path,
        options.docker,
        options.kubernetes,
        options.clients,
    )
    if not plan.sources:
        raise _UsageError("nothing to look at: every vector is off")
    return plan


def _check_platform(options: argparse.Namespace) -> None:
    """Refuse a platform that would not take what is found. Raises _UsageError."""
    if options.register is None:
        return
    from agentsentinel_cli.discover.register import check_platform
    from agentsentinel_cli.scan.platform_comparison import LiveError

    try:
        check_platform(options.register, _key(options))
    except LiveError as error:
        raise _UsageError(f"--register: {error}") from error


def _key(options: argparse.Namespace) -> str:
    return str(options.api_key or os.environ.get("AGENTSENTINEL_API_KEY", ""))


Marker = Callable[["list[DiscoveredAgent]"], "list[DiscoveredAgent]"]


def _known(options: argparse.Namespace) -> Marker:
    """Return the function that marks known agents. Raises SuppressionError and OSError."""
    from agentsentinel_cli.discover import known

    files = [options.ignore_file] if options.ignore_file is not None else known.default_ignore_files()
    entries = known.read_ignores(files)
    baseline = known.read_baseline(options.baseline) if options.baseline is not None else {}
    return lambda agents: known.marked(agents, entries, baseline, datetime.now(timezone.utc).date())


def _discover(plan: "Plan", mark: Marker) -> "Discovery":
    from agentsentinel_cli.discover.run import Run
    from agentsentinel_cli.report.progress import progress

    tell = progress(
        sys.stderr, is_wanted=plan.subnet is not None and sys.stderr.isatty(), verb="connecting", unit="ports"
    )
    discovery = Run(plan, tell).execute()
    discovery.agents = mark(discovery.agents)
    return discovery


def _finish(discovery: "Discovery", options: argparse.Namespace) -> int:
    for notice in discovery.notices:
        _say(notice)
    if not deliver(_report(discovery, options), options.output, "sentinel discover"):
        return USAGE_ERROR
    if options.write_baseline is not None:
        try:
            _write_baseline(discovery, options.write_baseline)
        except OSError as error:
            return _refuse(f"cannot write {options.write_baseline!a}: {error.strerror}")
    if options.register is not None and not _register(discovery, options):
        return USAGE_ERROR
    return _exit_code(discovery, options.fail_on)


def _register(discovery: "Discovery", options: argparse.Namespace) -> bool:
    """Send what was found to a platform; return whether it has taken it."""
    from agentsentinel_cli.discover.register import register
    from agentsentinel_cli.scan.platform_comparison import LiveError
    from agentsentinel_core.posture.address import parse

    try:
        count, new = register(discovery.agents, options.register, _key(options))
    except LiveError as error:
        _say(f"nothing was registered: {error}")
        return False
    address = parse(options.register).shown
    _say(f"{count} agent{'' if count == 1 else 's'} in the inventory of {address}, {new} of them new")
    return True


def _report(discovery: "Discovery", options: argparse.Namespace) -> str:
    if options.format == "text":
        from agentsentinel_cli.report.discovery_text import text_report
        from agentsentinel_cli.report.style import Style

        return text_report(discovery, Style(wants_color(options), terminal_width(), options.verbose))
    return str(import_module(f"agentsentinel_cli.report.discovery_{options.format}").render(discovery))


def _write_baseline(discovery: "Discovery", path: str) -> None:
    from agentsentinel_cli.discover.known import write_baseline

    count = write_baseline(path, discovery.agents)
    _say(f"{count} agent{'' if count == 1 else 's'} written to {path} as known")


def _exit_code(discovery: "Discovery", fail_on: str) -> int:
    from agentsentinel_cli.discover.model import Risk

    if discovery.is_partial:
        return INTERRUPTED
    if any(agent.risk.rank <= Risk(fail_on).rank for agent in discovery.counted()):
        return GATE_HIT
    return NOTHING_SCANNED if discovery.is_blind else CLEAN


def _watch(options: argparse.Namespace, plan: "Plan", mark: Marker) -> int:
    """Show a report, then what changes, until Ctrl-C."""
    from agentsentinel_cli.discover.changes import changes

    before = _discover(plan, mark)
    code = _finish(before, options)
    is_known = True
    while code in (CLEAN, GATE_HIT, NOTHING_SCANNED):
        time.sleep(options.watch)
        after = _discover(plan, mark)
        if after.is_partial:
            return INTERRUPTED
        changed = list(changes(before.agents, after.agents))
        for line in changed:
            write(f"{time.strftime('%H:%M:%S')}  {line}\n")
        # A platform that is away for a while learns of it with the next look.
        is_known = options.register is None or (not changed and is_known) or _register(after, options)
        before = after
    return code


def _say(text: str) -> None:
    from agentsentinel_cli.report.words import safe

    sys.stderr.write(f"sentinel discover: {safe(text, 400)}\n")


def _refuse(message: str) -> int:
    _say(message)
    return USAGE_ERROR
