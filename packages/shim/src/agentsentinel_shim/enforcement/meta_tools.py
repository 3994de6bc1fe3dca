"""Tools that call other tools: a policy that looks at their own names alone is walked around by them.

The names are those of the optimisers and search tools that MCP gateways put in front of long lists of tools. How a
gateway reads its arguments is its own affair, so every name in them counts, however its member is spelled or nested.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

MOST_CALLS = 1_000
"""Calls within a call that are looked at, and objects that are searched for them."""
LONGEST_TEXT = 1024 * 1024
"""Characters of arguments in JSON that are read."""
META_TOOLS = frozenset(
    {"calltool", "invoketool", "executetool", "runtool", "usetool", "toolcall", "mcpcall", "mcpcalltool", "mcpexec"}
)
"""Names in lower case, without signs between their words; so are those of members below."""
_NAME = frozenset({"name", "tool", "toolname", "toolid", "function", "functionname"})
_SERVER = frozenset({"server", "servername"})
_ARGUMENTS = frozenset({"arguments", "args", "params", "parameters", "input", "toolinput", "toolargs", "toolarguments"})
_CALLS = frozenset({"call", "calls", "toolcall", "toolcalls", "requests"})


class InnerCall(NamedTuple):
    """A call within a call."""

    server: str
    """The server that it names; empty without one."""
    tool: str
    arguments: Mapping[str, Any] | None
    """None when they cannot be read."""


def inner_calls(tool: str, arguments: Mapping[str, Any] | None) -> Iterator[InnerCall]:
    """Yield the calls that a call makes, the outermost first; none for a tool that is not a meta-tool."""
    return islice(_calls_in(arguments), MOST_CALLS) if is_meta_tool(tool) else iter(())


def _calls_in(arguments: Mapping[str, Any] | None) -> Iterator[InnerCall]:
    waiting: deque[tuple[Any, Mapping[str, Any] | None]] = deque([(arguments, {})])
    for _ in range(MOST_CALLS):
        if not waiting:
            return
        value, outer = waiting.popleft()
        if isinstance(value, list):
            waiting += [(each, outer) for each in value[:MOST_CALLS]]
        if not isinstance(value, Mapping):
            continue
        given, server = _member(value, _ARGUMENTS), _member(value, _SERVER)
        inner = outer if given is None else _object(given)
        names = [text for name, text in value.items() if _form(name) in _NAME and isinstance(text, str) and text]
        for name in dict.fromkeys(names):
            # Which server has the tool is for the gateway to say, so rules about the one that is named are not all.
            for of in dict.fromkeys((server if isinstance(server, str) else "", "")):
                yield InnerCall(of, name, inner)
        if any(map(is_meta_tool, names)):
            waiting.append((inner, {}))
        below = [each for name, each in value.items() if _form(name) in _NAME | _CALLS and not isinstance(each, str)]
        waiting += [(each, inner) for each in below]


def is_meta_tool(tool: str) -> bool:
    """Whether a name, or what follows the name of a server in it, is that of a meta-tool."""
    return _form(tool.replace("__", ":").replace("/", ":").rpartition(":")[2]) in META_TOOLS


def _form(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _member(arguments: Mapping[str, Any], forms: frozenset[str]) -> Any:
    return next((value for name, value in arguments.items() if _form(name) in forms), None)


def _object(value: Any) -> Mapping[str, Any] | None:
    """Return arguments, which may be an object or its JSON."""
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
