"""The client vector: coding agents and other AI clients of this user, as their files describe them."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agentsentinel_cli.clients import ClientAgent, ClientServer, find_clients
from agentsentinel_cli.discover.model import AgentTool, ClientFinding, DiscoveredAgent, Kind, Risk
from agentsentinel_core.tools.classify import classify

if TYPE_CHECKING:
    from agentsentinel_cli.discover.run import Run

_MOST_UNREAD = 5
_ALLOWS = re.compile(r"(?:^|\.)(?:allow|allowed|allowedTools|autoApprove|alwaysAllow)$")
"""Settings that list tools which the agent may call without asking."""
_TOOL = re.compile(r"[A-Za-z_][\w.-]{0,254}")
"""Name of the tool at the beginning of a permission: `Bash(npm test)`, `mcp__files__read_file`."""


def find_client_files(run: "Run") -> None:
    """Report the AI clients of this user."""
    try:
        home = Path.home()
    except RuntimeError:
        run.note("clients were not looked at: this user has no home folder; set HOME")
        return
    inventory = find_clients(home, environment=os.environ, system=sys.platform, projects=[Path.cwd()])
    run.looked()
    for client in inventory.agents:
        run.add(_agent(client))
    for unread in inventory.unread[:_MOST_UNREAD]:
        run.note(f"{unread.client}: {unread.path} was not read: {unread.reason}")
    more = len(inventory.unread) - _MOST_UNREAD
    if more > 0:
        run.note(f"{more} more files of clients were not read; sentinel mcp list names them")


def _agent(client: ClientAgent) -> DiscoveredAgent:
    enabled = [server for server in client.servers if server.enabled]
    return DiscoveredAgent(
        source="client",
        kind=Kind.AGENT,
        name=client.client,
        location=client.files[0].path if client.files else client.title,
        frameworks=(client.title,),
        tools=tuple(_tools(client)),
        is_monitored=bool(enabled) and all(server.is_watched for server in enabled),
        findings=tuple(
            ClientFinding(found.rule_id, Risk(found.severity.value), found.message) for found in client.findings
        ),
        evidence=(
            *(f"file {file.path} ({file.scope})" for file in client.files),
            *(_line_of(server) for server in client.servers),
        ),
        next_step="sentinel mcp list"
        if client.servers
        else f"sentinel explain {client.findings[0].rule_id}"
        if client.findings
        else "",
    )


def _tools(client: ClientAgent) -> Iterator[AgentTool]:
    """Return the tools that a client may call without asking, each once."""
    allowed = [permission.value for permission in client.permissions if _ALLOWS.search(permission.setting)]
    for name in dict.fromkeys(match[0] for value in allowed if (match := _TOOL.match(value))):
        found = classify(name)
        yield AgentTool(name, found.scope.value, found.is_dangerous)


def _line_of(server: ClientServer) -> str:
    state = "" if server.enabled else ", switched off"
    watch = ", through sentinel shim" if server.is_watched else ""
    return f"MCP server {server.name} ({server.scope}, {server.transport}{state}{watch})"
