"""Reads recorded calls from the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from agentsentinel_cli.server import CannotAsk, ids_of
from agentsentinel_core.policy.replay import RecordedCall
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_sdk import Client
from agentsentinel_sdk.models import StoredEvent
from agentsentinel_shim.enforcement.meta_tools import is_meta_tool

MOST_CALLS = 1_000_000
"""Calls that are read; of more, the newest."""


@dataclass(frozen=True)
class Records:
    """Recorded calls, the oldest first."""

    calls: Sequence[RecordedCall]
    oldest: datetime | None = None
    newest: datetime | None = None
    is_cut: bool = False
    """Whether there are older ones in the time asked for that were not read."""

    @property
    def period(self) -> str:
        """The days of the oldest and the newest call, in UTC."""
        if self.oldest is None or self.newest is None:
            return "no time"
        return f"{self.oldest:%Y-%m-%d} to {self.newest:%Y-%m-%d}"


def records_since(client: Client, agent_name: str | None, since: datetime) -> Records:
    """Return the calls of all agents, or of those with a name, from `since` on. Raises CannotAsk and SentinelError."""
    agent_ids: list[str | None] = [None]
    if agent_name is not None:
        agent_ids = list(ids_of(client, agent_name))
        if not agent_ids:
            raise CannotAsk(f"there is no agent with the name {agent_name!a}; the dashboard lists their names")
    events: list[StoredEvent] = []
    is_cut = False
    for agent_id in agent_ids:
        for event in client.list_events(agent_id):
            if event.timestamp < since:
                break
            if len(events) >= MOST_CALLS:
                is_cut = True
                break
            events.append(event)
    events.sort(key=lambda event: (event.timestamp, event.event_id))
    if not events:
        return Records(())
    return Records([_recorded(event) for event in events], events[0].timestamp, events[-1].timestamp, is_cut)


def _recorded(event: StoredEvent) -> RecordedCall:
    return RecordedCall(
        agent_id=event.agent_id,
        agent_name=event.agent_name,
        tool=event.tool_name,
        server=event.server_name or "",
        session=event.session_id or "",
        was_denied=event.status == "denied",
    )


def class_of(call: RecordedCall) -> ToolClass:
    """Return what the tool of a call can do, by its name: records hold no definitions."""
    return _class_of_name(call.tool)


_class_of_name = lru_cache(maxsize=10_000)(classify)


def meta_tools_among(calls: Sequence[RecordedCall]) -> Counter[str]:
    """Return the calls of tools that call others, by tool: what they called is not recorded."""
    return Counter(call.tool for call in calls if is_meta_tool(call.tool))
