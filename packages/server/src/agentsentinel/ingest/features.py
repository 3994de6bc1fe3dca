"""The hot counters of the agents that are talking now, in memory.

An agent's counters are loaded when its first event comes in, from small tables and never from raw events, and
dropped again when it has been quiet for a while or too many others are active. What is here is always what the
database holds plus the group being stored; when that group cannot be stored, its agents are forgotten and loaded
anew.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

import asyncpg

from agentsentinel.kit.database import Connection
from agentsentinel_core.behavior.baseline import WINDOW_HOURS
from agentsentinel_core.behavior.usage import KEPT_MINUTES, AgentUsage, ToolUsage

MAX_TOOLS = 50_000
"""Tools of all remembered agents together; some 4 KB each."""
IDLE_SECONDS = 900.0

_AGENTS = """
SELECT a.id, a.name, s.newest_at
FROM agents a LEFT JOIN agent_activity s ON s.agent_id = a.id
WHERE a.id = ANY($1::uuid[])
"""
_TOOLS = """
SELECT u.agent_id, u.tool_name, u.total_calls, u.last_at, u.last_session, u.finished_hour, u.finished_calls
FROM tool_usage u JOIN unnest($1::uuid[], $2::text[]) w(agent_id, tool_name) USING (agent_id, tool_name)
"""
_HOURS = """
SELECT h.agent_id, h.tool_name, h.hour, h.calls, h.learned
FROM unnest($1::uuid[], $2::text[], $3::int[]) w(agent_id, tool_name, oldest)
JOIN tool_hours h ON h.agent_id = w.agent_id AND h.tool_name = w.tool_name AND h.hour >= w.oldest
"""
_MINUTES = """
SELECT m.agent_id, m.tool_name, m.minute, m.calls
FROM unnest($1::uuid[], $2::text[], $3::int[]) w(agent_id, tool_name, oldest)
JOIN tool_minutes m ON m.agent_id = w.agent_id AND m.tool_name = w.tool_name AND m.minute > w.oldest
"""


class KnownAgent:
    """One remembered agent."""

    __slots__ = ("name", "usage", "used_at")

    def __init__(self, name: str, usage: AgentUsage) -> None:
        self.name = name
        self.usage = usage
        self.used_at = time.monotonic()


class MemoryFeatureStore:
    """Least recently used agents, as many as fit."""

    def __init__(self, max_tools: int = MAX_TOOLS) -> None:
        self._agents: OrderedDict[UUID, KnownAgent] = OrderedDict()
        self._max_tools = max_tools
        self._tools = 0

    def get(self, agent_id: UUID) -> KnownAgent | None:
        """A remembered agent, or None: not loaded, or there is no such agent."""
        return self._agents.get(agent_id)

    async def load(self, connection: Connection, wanted: Iterable[tuple[UUID, str]]) -> None:
        """Make the counters of these (agent, tool) pairs ready. An agent that does not exist stays unknown."""
        pairs = set(wanted)
        self._touch(pairs)
        await self._load_agents(connection, {agent for agent, _ in pairs if agent not in self._agents})
        missing = [
            (agent, tool) for agent, tool in pairs if agent in self._agents and tool not in self._usage(agent).tools
        ]
        if missing:
            await self._load_tools(connection, missing)

    def forget(self, agent_ids: Iterable[UUID]) -> None:
        """Drop these agents; their next event loads them anew."""
        for agent_id in agent_ids:
            known = self._agents.pop(agent_id, None)
            if known is not None:
                self._tools -= len(known.usage.tools)

    def evict(self) -> None:
        """Drop the agents that are idle, and the least recently used ones while there are too many tools."""
        idle_since = time.monotonic() - IDLE_SECONDS
        while self._agents:
            agent_id, known = next(iter(self._agents.items()))
            if known.used_at >= idle_since and self._tools <= self._max_tools:
                return
            self.forget([agent_id])

    def __len__(self) -> int:
        """How many agents are remembered."""
        return len(self._agents)

    def _usage(self, agent_id: UUID) -> AgentUsage:
        return self._agents[agent_id].usage

    def _touch(self, pairs: set[tuple[UUID, str]]) -> None:
        now = time.monotonic()
        for agent_id, _ in pairs:
            known = self._agents.get(agent_id)
            if known is not None:
                known.used_at = now
                self._agents.move_to_end(agent_id)

    async def _load_agents(self, connection: Connection, agent_ids: set[UUID]) -> None:
        if not agent_ids:
            return
        for row in await connection.fetch(_AGENTS, list(agent_ids)):
            newest = row["newest_at"]
            self._agents[row["id"]] = KnownAgent(row["name"], AgentUsage(newest.timestamp() if newest else 0.0))

    async def _load_tools(self, connection: Connection, pairs: list[tuple[UUID, str]]) -> None:
        for agent_id, tool_name in pairs:
            self._usage(agent_id).tools[tool_name] = ToolUsage()
        self._tools += len(pairs)
        agents, tools = [agent for agent, _ in pairs], [tool for _, tool in pairs]
        rows = await connection.fetch(_TOOLS, agents, tools)
        if not rows:
            return
        for row in rows:
            _restore(self._usage(row["agent_id"]).tools[row["tool_name"]], row)
        newest = [self._usage(agent).newest_at for agent in agents]
        hours = [int(at // 3600) - WINDOW_HOURS - 1 for at in newest]
        for row in await connection.fetch(_HOURS, agents, tools, hours):
            tool = self._usage(row["agent_id"]).tools[row["tool_name"]]
            tool.hour_calls[row["hour"]] = row["calls"]
            tool.hour_learned[row["hour"]] = row["learned"]
        minutes = [int(at // 60) - KEPT_MINUTES for at in newest]
        for row in await connection.fetch(_MINUTES, agents, tools, minutes):
            self._usage(row["agent_id"]).tools[row["tool_name"]].minute_calls[row["minute"]] = row["calls"]


def _restore(tool: ToolUsage, row: asyncpg.Record) -> None:
    tool.total_calls = row["total_calls"]
    tool.last_at = row["last_at"].timestamp()
    tool.last_session = row["last_session"]
    tool.finished_hour = row["finished_hour"]
    tool.finished_calls = row["finished_calls"]
