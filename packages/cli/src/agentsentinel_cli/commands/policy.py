"""`sentinel policy check`: says whether a policy can be used, and what is wrong with it.

The reader of policies is part of the package `agentsentinel-shim`, which is an extra of this one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from agentsentinel_cli.commands.parsing import parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agentsentinel_core.policy.model import Policy

USAGE_ERROR = 2
EPILOG = """verbs:
  check     read FILE as the shim does: 0 when it can be used, 2 with a line for each problem otherwise

docs/policy.md describes the language; `sentinel shim --policy FILE` uses it."""


def run(arguments: Sequence[str]) -> int:
    """Check a policy; return 0 when it can be used, and 2 when not."""
    options = parser("sentinel policy", "Check a policy.", EPILOG)
    options.add_argument("verb", metavar="VERB", choices=("check",), help="one of the verbs below")
    options.add_argument("file", metavar="FILE", type=Path, help="the policy, in YAML")
    options.add_argument("--format", choices=("text", "json"), default="text", help="how to write the result")
    chosen = options.parse_args(list(arguments))
    try:
        from agentsentinel_shim.policy_file import PolicyError, load_policy
    except ModuleNotFoundError as error:
        sys.stderr.write(f"sentinel policy: {error.name} is not installed; install agentsentinel-cli[shim]\n")
        return USAGE_ERROR
    try:
        policy = load_policy(chosen.file)
    except PolicyError as error:
        if chosen.format == "json":
            rows = [{"line": problem.line, "message": problem.message} for problem in error.problems]
            _write_json({"file": str(chosen.file), "problems": rows, "rules": []})
        else:
            sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    if chosen.format == "json":
        rows = [
            {"id": rule.id, "effect": rule.effect.value, "mode": _mode_of(rule.effect.value, rule.mode.value)}
            for rule in policy.rules
        ]
        _write_json({"file": str(chosen.file), "problems": [], "rules": rows})
    else:
        sys.stdout.write(_described(policy, chosen.file))
    return 0


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
