"""`sentinel mcp`: dispatches to what it does with MCP servers."""

from collections.abc import Sequence
from importlib import import_module

from agentsentinel_cli.commands.parsing import parser

VERBS = {
    "scan": ("agentsentinel_cli.commands.mcp_scan", "find what is wrong with an MCP server, without calling a tool"),
}
"""Verb -> (module, help text)."""


def run(arguments: Sequence[str]) -> int:
    """Run a verb of `sentinel mcp`, and return its exit code."""
    if arguments and arguments[0] in VERBS:
        return int(import_module(VERBS[arguments[0]][0]).run(arguments[1:]))
    verbs = "\n".join(f"  {name:<10}{what}" for name, (_, what) in VERBS.items())
    options = parser(
        "sentinel mcp",
        "Find what is wrong with MCP servers.",
        f"verbs:\n{verbs}\n\n`sentinel mcp VERB --help` shows the options of a verb.",
    )
    options.add_argument("verb", metavar="VERB", choices=VERBS)
    options.parse_args(arguments or ["--help"])
    return 0
