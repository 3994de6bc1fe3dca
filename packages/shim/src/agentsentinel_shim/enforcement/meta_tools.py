"""Tools that call other tools: a policy that looks at their own names alone is walked around by them.

The names are those of the optimisers and search tools that MCP gateways put in front of long lists of tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DEEPEST = 16
"""Meta-tools within meta-tools that are looked into."""
LONGEST_TEXT = 1024 * 1024
"""Characters of arguments in JSON that are read."""
META_TOOLS = frozenset(
    {"calltool", "invoketool", "executetool", "runtool", "usetool", "toolcall", "mcpcall", "mcpcalltool", "mcpexec"}
)
"""Names in lower case, without signs between their words."""
_NAME = ("name", "tool", "tool_name", "toolName", "tool_id")
_SERVER = ("server", "server_name", "serverName")
_ARGUMENTS = ("arguments", "args", "params", "parameters", "input", "tool_input", "tool_args", "toolArgs")


class InnerCall(NamedTuple):
    """A call within a call."""

    server: str
    """The server that it names; empty without one."""
    tool: str
    arguments: Mapping[str, Any] | None


def inner_calls(tool: str, arguments: Mapping[str, Any] | None) -> Iterator[InnerCall]:
    """Yield the calls that a call makes, the outermost first; none for a tool that is not a meta-tool."""
    for _ in range(DEEPEST):
        if arguments is None or not is_meta_tool(tool):
            return
        names = [name for alias in _NAME if isinstance(name := arguments.get(alias), str) and name]
        if not names:
            return
        server, inner = _first(arguments, _SERVER), _object(_first(arguments, _ARGUMENTS))
        for name in dict.fromkeys(names):  # which one counts is for the server to say
            for of in dict.fromkeys((server if isinstance(server, str) else "", "")):
                yield InnerCall(of, name, inner)
        tool, arguments = next((name for name in names if is_meta_tool(name)), names[0]), inner


def is_meta_tool(tool: str) -> bool:
    """Whether a name, or what follows the name of a server in it, is that of a meta-tool."""
    bare = tool.replace("__", ":").replace("/", ":").rpartition(":")[2]
    return "".join(filter(str.isalnum, bare)).lower() in META_TOOLS


def _first(arguments: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((arguments[name] for name in names if name in arguments), None)


def _object(value: Any) -> Mapping[str, Any] | None:
    """Return arguments, which may be an object or its JSON."""
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else {} if value is None else None
