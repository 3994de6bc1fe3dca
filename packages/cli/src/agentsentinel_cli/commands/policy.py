"""`sentinel policy`: checks a policy, replays recorded calls through it, and suggests one from them.

The reader of policies and the client of the server come with the package `agentsentinel-shim`, an extra of this one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from agentsentinel_cli.commands.parsing import parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agentsentinel_core.policy.model import Policy

CLEAN, GATE_HIT, USAGE_ERROR, NOTHING_READ = 0, 1, 2, 3
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
EPILOG = """verbs:
  check FILE            read FILE as the shim does, with a line for each problem
  test FILE             replay recorded calls: what FILE would have blocked
  suggest --agent NAME  print the smallest policy that the recorded calls of an
                        agent need

exit codes:
  0  done
  1  `test --fail-on-blocked`: a call would have been blocked
  2  a wrong policy, wrong usage, or a server that does not answer
  3  no calls were recorded

`test` and `suggest` read from SENTINEL_URL with AGENTSENTINEL_API_KEY; a key of
scope readonly is enough. docs/policy.md describes the language.

examples:
  sentinel policy check policy.yaml
  sentinel policy test policy.yaml --since 30d
  sentinel policy suggest --agent support-bot > policy.yaml"""


class CannotRun(Exception):
    """The verb cannot be run as asked; the message says what to do."""


def run(arguments: Sequence[str]) -> int:
    """Run `sentinel policy` and return its exit code."""
    chosen = _parser().parse_intermixed_args(list(arguments))
    try:
        from agentsentinel_cli.server import CannotAsk
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is not installed; install agentsentinel-cli[shim]")
    try:
        return _VERBS[chosen.verb](chosen)
    except (CannotRun, CannotAsk) as error:
        return _refuse(str(error))


def _parser() -> argparse.ArgumentParser:
    options = parser("sentinel policy", "Check a policy, replay recorded calls, or suggest a policy.", EPILOG)
    options.add_argument("verb", metavar="VERB", choices=tuple(_VERBS), help="one of the verbs below")
    options.add_argument("file", metavar="FILE", type=Path, nargs="?", help="the policy, in YAML")
    options.add_argument("--agent", metavar="NAME", help="of test and suggest: the calls of this agent alone")
    options.add_argument(
        "--since", metavar="TIME", type=_since, default="30d", help="how far back: 90m, 12h, 30d, 4w (%(default)s)"
    )
    options.add_argument(
        "--fail-on-blocked", action="store_true", help="of test: exit with 1 when a call would have been blocked"
    )
    options.add_argument("--format", choices=("text", "json"), default="text", help="of check and test")
    return options


def _since(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([mhdw])", text)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!a}: give a number and a unit, such as 90m, 12h, 30d or 4w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _check(chosen: argparse.Namespace) -> int:
    from agentsentinel_shim.policy_file import PolicyError, load_policy

    path = _file(chosen)
    try:
        policy = load_policy(path)
    except PolicyError as error:
        if chosen.format == "text":
            sys.stderr.write(f"{error}\n")
        else:
            rows = [{"line": problem.line, "message": problem.message} for problem in error.problems]
            _write_json({"file": str(path), "problems": rows, "rules": []})
        return USAGE_ERROR
    if chosen.format == "text":
        sys.stdout.write(_described(policy, path))
    else:
        rules = [
            {"id": rule.id, "effect": rule.effect.value, "mode": _mode_of(rule.effect.value, rule.mode.value)}
            for rule in policy.rules
        ]
        _write_json({"file": str(path), "problems": [], "rules": rules})
    return CLEAN


def _test(chosen: argparse.Namespace) -> int:
    from agentsentinel_cli.policy import report
    from agentsentinel_cli.policy.records import class_of, meta_tools_among, records_since
    from agentsentinel_cli.server import server_of_environment
    from agentsentinel_core.policy.replay import replay
    from agentsentinel_shim.policy_file import PolicyError, load_policy

    try:
        policy = load_policy(_file(chosen))
    except PolicyError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    with server_of_environment() as server:
        records = records_since(server, chosen.agent, datetime.now(timezone.utc) - chosen.since)
    if not records.calls:
        sys.stderr.write("sentinel policy: no calls were recorded in this time\n")
        return NOTHING_READ
    found = replay(policy, records.calls, class_of)
    if chosen.format == "text":
        sys.stdout.write(report.text(policy, found, records, meta_tools_among(records.calls)))
    else:
        _write_json(report.plain(policy, found, records, meta_tools_among(records.calls)))
    return GATE_HIT if chosen.fail_on_blocked and found.blocked else CLEAN


def _suggest(chosen: argparse.Namespace) -> int:
    from agentsentinel_cli.policy.records import records_since
    from agentsentinel_cli.server import server_of_environment
    from agentsentinel_core.policy.suggest import suggest

    if not chosen.agent or chosen.file is not None:
        raise CannotRun("suggest takes --agent NAME, and no file; its policy goes to the standard output")
    with server_of_environment() as server:
        records = records_since(server, chosen.agent, datetime.now(timezone.utc) - chosen.since)
    allowed = [call for call in records.calls if not call.was_denied]
    if not allowed:
        sys.stderr.write(f"sentinel policy: no calls of {chosen.agent!a} were recorded in this time\n")
        return NOTHING_READ
    sys.stdout.write(f"# Allows what {chosen.agent!a} called from {records.period}; everything else is denied.\n")
    sys.stdout.write(suggest(chosen.agent, allowed))
    if records.is_cut:
        sys.stderr.write(f"sentinel policy: only the newest {len(records.calls):,} calls were read\n")
    return CLEAN


_VERBS = {"check": _check, "test": _test, "suggest": _suggest}


def _file(chosen: argparse.Namespace) -> Path:
    if chosen.file is None:
        raise CannotRun(f"{chosen.verb} takes the policy's file: sentinel policy {chosen.verb} FILE")
    path: Path = chosen.file
    return path


def _described(policy: Policy, path: Path) -> str:
    width = max((len(rule.id) for rule in policy.rules), default=0)
    lines = [
        f"  {rule.id:<{width}}  {rule.effect.value:<5}  {_mode_of(rule.effect.value, rule.mode.value)}".rstrip()
        for rule in policy.rules
    ]
    count = len(policy.rules)
    default = f"a call to which none applies: {policy.unknown_tools.value}"
    lines.append(f"{path}: {count} rule{'s' * (count != 1)}; {default}")
    return "\n".join(lines) + "\n"


def _mode_of(effect: str, mode: str) -> str:
    """Return the mode of a rule; one that allows has none."""
    return mode if effect == "deny" else ""


def _write_json(value: object) -> None:
    import json

    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _refuse(message: str) -> int:
    sys.stderr.write(f"sentinel policy: {message}\n")
    return USAGE_ERROR
