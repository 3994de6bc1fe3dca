"""Reads recorded calls from the server."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from agentsentinel_core.policy.replay import RecordedCall
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_sdk import Client, InvalidArgument, SentinelError
from agentsentinel_sdk.client import DEFAULT_BASE_URL
from agentsentinel_sdk.models import StoredEvent
from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE
from agentsentinel_shim.enforcement.meta_tools import is_meta_tool

MOST_CALLS = 1_000_000
"""Calls that are read; of more, the newest."""


class CannotRead(Exception):
    """The records cannot be read; the message says what to do."""


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


@contextmanager
def server_of_environment() -> Iterator[Client]:
    """Yield a client of the server that the environment names. Raises CannotRead, also for errors of the server."""
    key = os.environ.get(API_KEY_VARIABLE, "")
    if not key:
        raise CannotRead(f"no API key: set {API_KEY_VARIABLE}; a key of scope readonly is enough")
    url = os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
    try:
        with Client(key, url) as client:
            yield client
    except InvalidArgument as error:
        raise CannotRead(str(error)) from None
    except SentinelError as error:
        raise CannotRead(f"the server at {url} refuses, or cannot be reached: {error}") from None


def records_since(client: Client, agent_name: str | None, since: datetime) -> Records:
    """Return the calls of all agents, or of those with a name, from `since` on. Raises CannotRead and SentinelError."""
    agent_ids: list[str | None] = [None]
    if agent_name is not None:
        agent_ids = list(ids_of(client, agent_name))
        if not agent_ids:
            raise CannotRead(f"there is no agent with the name {agent_name!a}; the dashboard lists their names")
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


def ids_of(client: Client, agent_name: str) -> Iterator[str]:
    """Yield the ids of all agents with exactly this name; the server's own filter is wider."""
    offset = 0
    while page := client.list_agents(name=agent_name, offset=offset):
        yield from (agent.id for agent in page if agent.name == agent_name)
        offset += len(page)


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
