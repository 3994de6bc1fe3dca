"""`sentinel mcp`: verbs about MCP servers, each in a module of its own."""

from collections.abc import Sequence
from importlib import import_module

from agentsentinel_cli.commands.parsing import parser

VERBS: dict[str, tuple[str, str]] = {
    "list": ("agentsentinel_cli.commands.mcp_list", "list the MCP servers that the AI clients of this machine use"),
    "scan": ("agentsentinel_cli.commands.mcp_scan", "find what is wrong with an MCP server, without calling a tool"),
    "pins": ("agentsentinel_cli.commands.mcp_pins", "show what an agent's MCP servers changed; approve or reject it"),
}
"""Verb -> (module, help text). The module's `run(arguments)` returns the exit code."""


def run(arguments: Sequence[str]) -> int:
    """Run a verb, and return its exit code."""
    words = list(arguments)
    if words and words[0] in VERBS:
        return int(import_module(VERBS[words[0]][0]).run(words[1:]))
    listed = "\n".join(f"  {name:<10}{what}" for name, (_, what) in VERBS.items())
    options = parser("sentinel mcp", "Look at MCP servers.", f"verbs:\n{listed}")
    options.add_argument("verb", metavar="VERB", choices=tuple(VERBS), help="one of the verbs below")
    options.parse_args(words)
    raise AssertionError("argparse ends the process for what is not a verb")
