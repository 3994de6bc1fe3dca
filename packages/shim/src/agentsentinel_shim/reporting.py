"""Reports what a relay observes, in the background, through the SDK: calls, the tools on offer, the server."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol

from agentsentinel_core.uuid7 import RANDOM_BITS, make_uuid7
from agentsentinel_shim.conversation import CallEnded, Observation, ServerSeen, Smuggled, ToolsListed

CHANNEL = "shim"
LONGEST_DURATION_MS = 300_000
"""The server's limit; longer calls are reported as this long."""
LONGEST_NAME = 255


class Sink(Protocol):
    """What `Reporter` is to this module."""

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        """Take an event as the API takes it, without `agent_id`; never waits."""

    def declare(self, tools: list[str], servers: dict[str, str] | None = None) -> None:
        """State that the agent has these tools, and is connected to these MCP servers; never waits."""


class Reporting:
    """Hands observations to a reporter. For the observer's thread.

    Args:
        reporter: sends them.
        server_url: address of the MCP server, where it has one; names the connection on the dashboard.
        on_notice: called with a line for people.
    """

    def __init__(self, reporter: Sink, server_url: str | None, on_notice: Callable[[str], object]) -> None:
        self._reporter = reporter
        self._server_url = server_url
        self._on_notice = on_notice
        self.tools: dict[str, None] = {}
        """Names of the tools that were listed, in the server's order."""

    def __call__(self, observation: Observation) -> None:
        """Report one observation."""
        match observation:
            case CallEnded():
                self._reporter.submit(event_of(observation))
            case ToolsListed():
                self._listed(observation)
            case ServerSeen() if self._server_url is not None:
                name = printable(observation.name) or "mcp-server"
                self._reporter.declare([], {name: self._server_url})
            case Smuggled():
                kinds = ", ".join(sorted({f"{defect.kind} ({defect.detail})" for defect in observation.defects}))
                sender = "client" if observation.is_from_client else "server"
                self._on_notice(
                    f"a message of the {sender} can be read in two ways, and was forwarded as it is: {kinds}"
                )
            case _:
                pass

    def _listed(self, page: ToolsListed) -> None:
        self.declare([tool["name"] for tool in page.tools])

    def declare(self, names: Sequence[str]) -> None:
        """State that the agent has these tools; those that were stated before are left out."""
        new = [name for name in map(printable, names) if name and name not in self.tools]
        self.tools.update(dict.fromkeys(new))
        if new:
            self._reporter.declare(new)


def event_of(call: CallEnded) -> dict[str, Any]:
    """Return the event of a call as the API takes it; it holds digests, never an input or output."""
    started = datetime.fromtimestamp(call.started_at, timezone.utc)
    return {
        "event_id": str(make_uuid7(time.time(), secrets.randbits(RANDOM_BITS))),
        "tool_name": printable(call.tool_name) or "unnamed",
        "input_hash": call.input_hash,
        "output_hash": call.output_hash,
        "duration_ms": min(call.duration_ms, LONGEST_DURATION_MS),
        "session_id": printable(call.session_id),
        "tool_call_id": printable(call.call_id),
        "status": call.status,
        "timestamp": started.isoformat(),
        "channel": CHANNEL,
        **call.trace,
    }


def printable(text: str) -> str:
    """Return text fit for the API and a terminal: valid Unicode without control characters, at most 255 characters."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in whole)[:LONGEST_NAME].strip()
