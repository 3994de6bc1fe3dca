"""The MCP servers of AI clients as text and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from agentsentinel_cli.clients.model import ClientAgent, ClientInventory, ClientServer, UnreadFile
from agentsentinel_cli.report.style import Style
from agentsentinel_cli.report.words import LONGEST, padded, safe, width

_LONGEST_NAME = 24
_TRANSPORT_COLUMNS = 5


def as_json(inventory: ClientInventory) -> str:
    """Return the servers of all clients, and the files that were not read, as JSON."""
    servers = [{"client": agent.client, **asdict(server)} for agent in inventory.agents for server in agent.servers]
    unread = [asdict(file) for file in inventory.unread]
    return json.dumps({"servers": servers, "unread": unread}, indent=2) + "\n"


def as_text(inventory: ClientInventory, columns: int, *, has_color: bool) -> str:
    """Return the servers as a table: one block for each file and project, one line for each server."""
    style = Style(has_color, columns, is_verbose=False)
    lines: list[str] = []
    for agent in inventory.agents:
        for key in dict.fromkeys(map(_block_of, agent.servers)):
            block = [server for server in agent.servers if _block_of(server) == key]
            lines += [*_heading(agent, block[0], style), *_rows(block, style), ""]
    lines += _unread(inventory.unread, style)
    lines.append(_summary(inventory))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block_of(server: ClientServer) -> tuple[str, str, str]:
    return server.file, server.scope, server.owner


def _heading(agent: ClientAgent, first: ClientServer, style: Style) -> Iterator[str]:
    yield f"{style.paint(agent.title, '1')}  {first.scope}"
    yield "  " + style.paint(_cut(first.file, style.columns - 2), "2")
    if first.scope == "local":
        yield "  " + _cut(f"in {first.owner}", style.columns - 2)
    if first.read_by:
        yield "  " + _cut(f"also read by {', '.join(first.read_by)}", style.columns - 2)


def _rows(servers: list[ClientServer], style: Style) -> Iterator[str]:
    names = [_cut(server.name, _LONGEST_NAME) for server in servers]
    widest = max(map(width, names))
    for name, server in zip(names, servers, strict=True):
        marks = [mark for mark, is_so in (("off", not server.enabled), ("watched", server.is_watched)) if is_so]
        start = f"    {padded(name, widest)}  {server.transport:<{_TRANSPORT_COLUMNS}}  "
        end = f"  ({', '.join(marks)})" if marks else ""
        room = style.columns - width(start) - width(end)
        yield start + _cut(server.command if server.command is not None else server.url or "", room) + end


def _unread(unread: tuple[UnreadFile, ...], style: Style) -> Iterator[str]:
    if not unread:
        return
    yield style.paint("Not read", "1")
    for file in unread:
        yield "  " + _cut(file.path, style.columns - 2)
        yield "    " + _cut(file.reason, style.columns - 4)
    yield ""


def _summary(inventory: ClientInventory) -> str:
    servers = [server for agent in inventory.agents for server in agent.servers]
    clients = sum(bool(agent.servers) for agent in inventory.agents)
    if not servers:
        return "No MCP servers in the configuration files of AI clients."
    counted = f"{_counted(len(servers), 'MCP server')} of {_counted(clients, 'client')}"
    watched = sum(server.is_watched for server in servers)
    return f"{counted}; {watched} watched by `sentinel shim`."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cut(text: str, columns: int) -> str:
    """Return text for one line of at most so many columns, without characters that deceive a terminal."""
    shown = safe(text, max(columns, LONGEST))
    if width(shown) <= columns:
        return shown
    while width(shown) > columns - 1:
        shown = shown[:-1]
    return shown + "…"
