"""The `sentinel` command: picks the verb and nothing else, so that asking for help costs next to nothing."""

import sys
from collections.abc import Sequence
from importlib import import_module

from agentsentinel_cli import __version__

VERBS: dict[str, tuple[str, str]] = {
    "scan": ("agentsentinel_cli.commands.scan", "find the tools of agents in source code, and what is wrong with them"),
    "rules": ("agentsentinel_cli.commands.rules", "list the rules"),
    "explain": ("agentsentinel_cli.commands.explain", "show what a rule looks for, why it matters, and what to do"),
}
"""Each verb's module, whose `run(arguments)` gives the exit code, and what it does."""

LATER = {"discover": "discover", "mcp": "mcp scan"}
"""Verbs that are announced and not built yet, and what they are called in full."""

USAGE_ERROR = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Gives the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0
    if words[0] in ("-V", "--version"):
        sys.stdout.write(f"sentinel {__version__}\n")
        return 0
    if words[0] in LATER:
        sys.stderr.write(f"sentinel {LATER[words[0]]}: not in this release; `sentinel --help` lists what is\n")
        return USAGE_ERROR
    if words[0] not in VERBS:
        sys.stderr.write(f"sentinel: there is no verb {words[0]!a}; `sentinel --help` lists them\n")
        return USAGE_ERROR
    try:
        return int(import_module(VERBS[words[0]][0]).run(words[1:]))
    except KeyboardInterrupt:
        return _INTERRUPTED


def _help() -> str:
    verbs = "".join(f"  {name:<10}{what}\n" for name, (_, what) in VERBS.items())
    return (
        "Usage: sentinel [--help] [--version] VERB ...\n\n"
        "Find AI agents and what is wrong with them.\n\n"
        f"Verbs:\n{verbs}\n"
        "`sentinel VERB --help` shows the options of a verb.\n"
    )
