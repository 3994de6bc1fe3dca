"""In-memory cache of the counters of active agents.

An agent's counters are loaded when its first event comes in, from small tables and never from raw events, and
evicted when the agent has been idle for a while or too many others are active. The cache always equals what the
database holds plus the group being stored; when that group cannot be stored, the counters of its agents are dropped
and loaded again.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from uuid import UUID

import asyncpg

from agentsentinel.kit.database import Connection
from agentsentinel.kit.snapshot import Snapshot
from agentsentinel_core.behavior.baseline import WINDOW_HOURS
from agentsentinel_core.behavior.counters import KEPT_MINUTES, OTHER_TOOLS, AgentCounters, ToolCounters

MAX_TOOLS = 50_000
"""Tools of all cached agents together; each takes some 4 KB."""
MAX_TOOLS_OF_AGENT = 2_000
IDLE_SECONDS = 900.0
TOUCH_SECONDS = 1.0
"""Resolution of `used_at`: a finer one would move agents in the LRU order at every event, and gain nothing."""

_AGENTS = """
SELECT a.id, a.name, a.channels, s.newest_at, coalesce(s.events, 0) AS events, (
    SELECT count(*) FROM (SELECT FROM tool_usage u WHERE u.agent_id = a.id AND u.tool_name <> $3 LIMIT $2) counted
) AS tools
FROM agents a LEFT JOIN agent_activity s ON s.agent_id = a.id
WHERE a.id = ANY($1::uuid[]) AND a.removed_at IS NULL
"""
_TOOLS = """
SELECT u.agent_id, u.tool_name, u.total_calls, u.last_at, u.last_session, u.finished_hour, u.finished_calls
FROM tool_usage u JOIN unnest($1::uuid[], $2::text[]) w(agent_id, tool_name) USING (agent_id, tool_name)
"""
_NEWEST_TOOLS = """
SELECT tool_name FROM tool_usage WHERE agent_id = $1 AND tool_name <> $3 ORDER BY last_at DESC LIMIT $2
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


class CachedAgent:
    """One agent in the cache: its counters, its channels, and when it was last used."""

    __slots__ = (
        "channels",
        "events",
        "foreign_tools",
        "id",
        "is_full",
        "is_stale",
        "name",
        "snapshot",
        "snapshots",
        "tools",
        "usage",
        "used_at",
    )

    def __init__(
        self,
        agent_id: UUID,
        name: str,
        usage: AgentCounters,
        channels: int,
        tools: int,
        events: int = 0,
        snapshot: Snapshot | None = None,
    ) -> None:
        self.id = agent_id
        self.name = name
        self.channels = channels
        """Bit set of the channels that report its calls; see `deduplication.py`."""
        self.usage = usage
        self.tools = tools
        """How many different tools it has called, cached or not."""
        self.is_full = False
        """Whether all tools with counters of their own are cached, so that every other name counts as `OTHER_TOOLS`."""
        self.used_at = time.monotonic()
        self.is_stale = False
        """Whether other processes have stored events that its counters lack, so that it is to be loaded again."""
        self.events = events
        """How many of its events are stored, as far as is known here."""
        self.snapshot = snapshot
        """What `events` held when it was loaded; None where no other process stores events."""
        self.foreign_tools: set[str] = set()
        """Tools that other servers have stored calls of and that are not cached here; each may be new to the agent."""
        self.snapshots: dict[str, Snapshot] = {}
        """Tool -> what its counters held when they were loaded."""

    def counted_as(self, tool_name: str) -> str:
        """Return the name under which calls of this tool count: its own, or `OTHER_TOOLS` over the limit of tools."""
        return OTHER_TOOLS if self.is_full and tool_name not in self.usage.tools else tool_name


class CounterCache:
    """LRU cache of agents and their counters, bounded by the number of tools they have together."""

    def __init__(self, max_tools_of_agent: int = MAX_TOOLS_OF_AGENT, max_tools: int = MAX_TOOLS) -> None:
        self._max_tools_of_agent = max_tools_of_agent
        # Keyed by the number of the id: hashing a UUID runs Python code, hashing an int does not.
        self._agents: OrderedDict[int, CachedAgent] = OrderedDict()
        self._max_tools = max_tools
        self._tools = 0
        self.snapshot: Snapshot | None = None
        """What the load that is under way reads, where other processes store events too."""

    def touch(self, agent_ids: Iterable[UUID]) -> None:
        """Mark these agents as used now, so that they are evicted last."""
        now = time.monotonic()
        for agent_id in agent_ids:
            known = self._agents.get(agent_id.int)
            if known is not None and now - known.used_at > TOUCH_SECONDS:
                known.used_at = now
                self._agents.move_to_end(agent_id.int)

    def known(self, agent_id: UUID) -> CachedAgent | None:
        """Return the cached agent or None, whichever of its tools are loaded."""
        return self._agents.get(agent_id.int)

    def find(self, agent_id: UUID, tool_name: str) -> CachedAgent | None:
        """Return the cached agent if its counters of this tool are loaded, else None: call `load` first."""
        known = self._agents.get(agent_id.int)
        if known is None or known.is_stale or (tool_name not in known.usage.tools and not known.is_full):
            return None
        return known

    async def load(self, connection: Connection, wanted: Iterable[tuple[UUID, str]]) -> set[UUID]:
        """Load the missing counters of these (agent, tool) pairs; return the agents that do not exist."""
        pairs = {pair for pair in wanted if self.find(*pair) is None}
        unknown = await self._load_agents(connection, {agent for agent, _ in pairs if agent.int not in self._agents})
        missing = [pair for pair in pairs if pair[0] not in unknown]
        if missing:
            await self._load_tools(connection, missing)
        return unknown

    def is_stale(self, agent_id: UUID) -> bool:
        """Whether an agent is cached, and is to be loaded again."""
        known = self._agents.get(agent_id.int)
        return known is not None and known.is_stale

    def mark_stale(self, agent_id: UUID) -> None:
        """Have an agent loaded again before its next event, if it is cached."""
        known = self._agents.get(agent_id.int)
        if known is not None:
            known.is_stale = True

    def note_foreign_tool(self, agent: CachedAgent, tool_name: str) -> None:
        """Note a tool that another server has stored a call of, so that the limit of tools holds for all together.

        Once the agent may have reached the limit, it is loaded again before its next event.
        """
        agent.foreign_tools.add(tool_name)
        if agent.tools + len(agent.foreign_tools) >= self._max_tools_of_agent:
            agent.is_stale = True

    def rename(self, agent_id: UUID, name: str) -> None:
        """Update the name of a cached agent after it was renamed."""
        known = self._agents.get(agent_id.int)
        if known is not None:
            known.name = name

    def forget(self, agent_ids: Iterable[UUID]) -> None:
        """Drop these agents from the cache; their next event loads them again."""
        for agent_id in agent_ids:
            known = self._agents.pop(agent_id.int, None)
            if known is not None:
                self._tools -= len(known.usage.tools)

    def evict(self) -> None:
        """Drop agents idle for `IDLE_SECONDS`, and the least recently used while there are too many tools."""
        idle_since = time.monotonic() - IDLE_SECONDS
        while self._agents:
            known = next(iter(self._agents.values()))
            if known.used_at >= idle_since and self._tools <= self._max_tools:
                return
            self.forget([known.id])

    def __iter__(self) -> Iterator[CachedAgent]:
        """Yield the cached agents, the least recently used first."""
        return iter(self._agents.values())

    def __len__(self) -> int:
        """Return how many agents are cached."""
        return len(self._agents)

    async def _load_agents(self, connection: Connection, agent_ids: set[UUID]) -> set[UUID]:
        if not agent_ids:
            return set()
        rows = await connection.fetch(_AGENTS, list(agent_ids), self._max_tools_of_agent, OTHER_TOOLS)
        for row in rows:
            newest = row["newest_at"]
            usage = AgentCounters(newest.timestamp() if newest else 0.0)
            known = CachedAgent(
                row["id"], row["name"], usage, row["channels"], row["tools"], row["events"], self.snapshot
            )
            self._agents.setdefault(row["id"].int, known)
        return agent_ids - {row["id"] for row in rows}

    async def _load_tools(self, connection: Connection, pairs: list[tuple[UUID, str]]) -> None:
        tools = {pair: ToolCounters() for pair in pairs}
        # Assigned without awaiting once all is read: in between, agents may be dropped, or events of others scored.
        known = {agent_id: self._agents.get(agent_id.int) for agent_id, _ in pairs}
        await _read_tools(connection, tools, {agent: one.usage.newest_at for agent, one in known.items() if one})
        overflowing: dict[UUID, CachedAgent] = {}
        for (agent_id, tool_name), tool in tools.items():
            agent = self._agents.get(agent_id.int)
            if agent is None or agent is not known[agent_id]:
                continue
            is_new = not tool.total_calls
            if is_new and agent.tools >= self._max_tools_of_agent:
                overflowing[agent_id] = agent
                continue
            agent.tools += is_new
            self._put(agent, tool_name, tool)
        for agent in overflowing.values():
            await self._fill(connection, agent)

    async def _fill(self, connection: Connection, agent: CachedAgent) -> None:
        """Load all tools of an agent that have counters of their own.

        From then on a tool name that is not cached counts as `OTHER_TOOLS`, without a look-up.
        """
        rows = await connection.fetch(_NEWEST_TOOLS, agent.id, self._max_tools_of_agent, OTHER_TOOLS)
        names = {row["tool_name"] for row in rows} | {OTHER_TOOLS}
        tools = {(agent.id, name): ToolCounters() for name in names - agent.usage.tools.keys()}
        await _read_tools(connection, tools, {agent.id: agent.usage.newest_at})
        if self._agents.get(agent.id.int) is not agent:
            return
        for (_, name), tool in tools.items():
            if name not in agent.usage.tools:
                self._put(agent, name, tool)
        agent.is_full = True

    def _put(self, agent: CachedAgent, tool_name: str, tool: ToolCounters) -> None:
        self._tools += tool_name not in agent.usage.tools
        agent.usage.tools[tool_name] = tool
        if self.snapshot is not None:
            agent.snapshots[tool_name] = self.snapshot


async def _read_tools(
    connection: Connection, tools: dict[tuple[UUID, str], ToolCounters], newest: dict[UUID, float]
) -> None:
    pairs = list(tools)
    agents, names = [agent for agent, _ in pairs], [name for _, name in pairs]
    rows = await connection.fetch(_TOOLS, agents, names)
    if not rows:
        return
    for row in rows:
        _restore(tools[row["agent_id"], row["tool_name"]], row)
    hours = [int(newest.get(agent, 0.0) // 3600) - WINDOW_HOURS - 1 for agent in agents]
    for row in await connection.fetch(_HOURS, agents, names, hours):
        tool = tools[row["agent_id"], row["tool_name"]]
        tool.hour_calls[row["hour"]] = row["calls"]
        tool.hour_learned[row["hour"]] = row["learned"]
    minutes = [int(newest.get(agent, 0.0) // 60) - KEPT_MINUTES for agent in agents]
    for row in await connection.fetch(_MINUTES, agents, names, minutes):
        tools[row["agent_id"], row["tool_name"]].minute_calls[row["minute"]] = row["calls"]


def _restore(tool: ToolCounters, row: asyncpg.Record) -> None:
    tool.total_calls = row["total_calls"]
    tool.last_at = row["last_at"].timestamp()
    tool.last_session = row["last_session"]
    tool.finished_hour = row["finished_hour"]
    tool.finished_calls = row["finished_calls"]
