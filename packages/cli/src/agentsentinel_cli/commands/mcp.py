"""`sentinel mcp`: dispatches to what it does with MCP servers."""

import sys
from collections.abc import Sequence
from importlib import import_module

USAGE_ERROR = 2
VERBS = {
    "scan": ("agentsentinel_cli.commands.mcp_scan", "find what is wrong with an MCP server, without calling a tool"),
}
"""Verb -> (module, help text)."""


def run(arguments: Sequence[str]) -> int:
    """Run a verb of `sentinel mcp`, and return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        verbs = "".join(f"  {name:<10}{what}\n" for name, (_, what) in VERBS.items())
        sys.stdout.write(
            f"Usage: sentinel mcp VERB ...\n\nVerbs:\n{verbs}\n"
            "`sentinel mcp VERB --help` shows the options of a verb.\n"
        )
        return 0
    if arguments[0] not in VERBS:
        sys.stderr.write(f"sentinel mcp: there is no verb {arguments[0]!a}; `sentinel mcp --help` lists them\n")
        return USAGE_ERROR
    return int(import_module(VERBS[arguments[0]][0]).run(arguments[1:]))
