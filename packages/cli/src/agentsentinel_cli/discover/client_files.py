"""The client vector: coding agents and other AI clients of this user, as their files describe them."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentsentinel_cli.clients import ClientAgent, ClientServer, find_clients
from agentsentinel_cli.discover.model import ClientFinding, DiscoveredAgent, Kind, Risk

if TYPE_CHECKING:
    from agentsentinel_cli.discover.run import Run

_MOST_UNREAD = 5


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


def _line_of(server: ClientServer) -> str:
    state = "" if server.enabled else ", switched off"
    watch = ", through sentinel shim" if server.is_watched else ""
    return f"MCP server {server.name} ({server.scope}, {server.transport}{state}{watch})"
