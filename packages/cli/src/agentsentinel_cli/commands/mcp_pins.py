"""`sentinel mcp pins`: shows how what an agent's MCP servers offer differs from what is pinned, and decides about it.

The client of the server comes with the package `agentsentinel-shim`, an extra of this one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from agentsentinel_cli.commands.parsing import parser
from agentsentinel_cli.report.words import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agentsentinel_sdk import Client, MCPManifest

CLEAN, CHANGED, USAGE_ERROR, NOTHING_PINNED = 0, 1, 2, 3
_SHORTEST = 8
"""Digits of a digest that a decision must give."""
_SHOWN = 12
_LONGEST_LINE = 250
_EPILOG = """exit codes:
  0  all that is offered is approved, or the decision was made
  1  a server offers something that is not approved
  2  wrong usage, or a server that does not answer
  3  the agent has no pinned MCP server

It asks the server at SENTINEL_URL with AGENTSENTINEL_API_KEY; decisions need a key
of scope admin. docs/pinning.md describes what is pinned.

examples:
  sentinel mcp pins --agent support-bot
  sentinel mcp pins --agent support-bot --server mail
  sentinel mcp pins --agent support-bot --server mail --approve 3f2a9c1e --note "new release"
  sentinel mcp pins --agent support-bot --server mail --reject 3f2a9c1e"""


def run(arguments: Sequence[str]) -> int:
    """Show or decide, and return the exit code."""
    options = _parse(arguments)
    try:
        from agentsentinel_cli.server import CannotAsk, ids_of, server_of_environment
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is not installed; install agentsentinel-cli[shim]")
    try:
        with server_of_environment() as client:
            agent_ids = list(ids_of(client, options.agent))
            if len(agent_ids) != 1:
                return _refuse(_not_one(options.agent, agent_ids))
            found = [
                manifest
                for manifest in client.list_manifests(agent_ids[0])
                if options.server in (None, manifest.server_name)
            ]
            if not found:
                sys.stderr.write(f"sentinel mcp pins: {options.agent!a} has no pinned MCP server{_named(options)}\n")
                return NOTHING_PINNED
            if options.approve or options.reject:
                return _decide(client, found, options)
            sys.stdout.write("".join(f"{line}\n" for line in _shown(client, found, has_diffs=bool(options.server))))
            return CHANGED if any(manifest.state != "approved" for manifest in found) else CLEAN
    except CannotAsk as error:
        return _refuse(str(error))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    options = parser(
        "sentinel mcp pins", "Show what an agent's MCP servers offer and what changed; approve or reject it.", _EPILOG
    )
    options.add_argument("--agent", metavar="NAME", required=True, help="name of the agent")
    options.add_argument("--server", metavar="NAME", help="this MCP server alone, with the text of each difference")
    decision = options.add_mutually_exclusive_group()
    decision.add_argument("--approve", metavar="DIGEST", help="pin what is offered, which DIGEST begins to name")
    decision.add_argument("--reject", metavar="DIGEST", help="reject what is offered, and leave what is pinned")
    options.add_argument("--note", metavar="TEXT", help="why, for the audit log")
    return options.parse_args(list(arguments))


def _not_one(name: str, agent_ids: Sequence[str]) -> str:
    if not agent_ids:
        return f"there is no agent with the name {name!a}; the dashboard lists their names"
    return f"{len(agent_ids)} agents have the name {name!a}; use the dashboard, or rename one"


def _named(options: argparse.Namespace) -> str:
    return f" with the name {options.server!a}" if options.server else ""


def _decide(client: Client, found: Sequence[MCPManifest], options: argparse.Namespace) -> int:
    """Approve or reject the one manifest whose digest begins as the given one does."""
    wanted = options.approve or options.reject
    fitting = [manifest for manifest in found if manifest.digest.startswith(wanted.lower())]
    if len(wanted) < _SHORTEST or len(fitting) != 1:
        return _refuse(
            f"{wanted!a} names {len(fitting)} of what is offered now; give at least {_SHORTEST} digits of one:"
            f" {', '.join(manifest.digest[:_SHOWN] for manifest in found)}"
        )
    [manifest] = fitting
    decide = client.approve_manifest if options.approve else client.reject_manifest
    done = decide(manifest.agent_id, manifest.id, manifest.digest, options.note)
    sys.stdout.write(f"{safe(done.server_name)}: {done.state} ({done.digest[:_SHOWN]})\n")
    return CLEAN


def _shown(client: Client, found: Sequence[MCPManifest], *, has_diffs: bool) -> Iterator[str]:
    for manifest in found:
        whose = f", for {manifest.principal[:_SHOWN]}" if manifest.principal else ""
        decided = f", decided by {safe(manifest.decided_by)}" if manifest.decided_by else ""
        yield f"{safe(manifest.server_name)}{whose}: {manifest.state} ({manifest.digest[:_SHOWN]}){decided}"
        if manifest.state == "approved":
            continue
        changes = client.get_manifest(manifest.agent_id, manifest.id).changes if has_diffs else manifest.changes
        for change in changes:
            yield f"  {change.severity:<8}  {safe(change.item)}: {safe(change.what)}"
            yield from (f"            {safe(line, _LONGEST_LINE)}" for line in change.lines)
        if manifest.changes_count > len(changes):
            yield f"  and {manifest.changes_count - len(changes):,} more changes"


def _refuse(message: str) -> int:
    sys.stderr.write(f"sentinel mcp pins: {message}\n")
    return USAGE_ERROR
