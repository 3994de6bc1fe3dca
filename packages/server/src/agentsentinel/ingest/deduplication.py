"""One call, one event: the same call told by the SDK, the shim and its span counts once, whichever comes first.

A report names its call by the model's call id, or by the span it is in, or by both. An event is taken for a repeat
when *another* channel has told of a call by the same name that this channel has not told of yet: so each attempt of a
call that is retried under its id counts, as every channel tells of each attempt, and however the channels' reports
interleave, n attempts are n events.

Only agents that are told of through several channels are followed; until then, nothing is looked up or written. The
window here is memory; behind it, `call_reports` holds what was told in the last two days, one row for each report and
name. Its key is unique, so a call that memory has forgotten, or that another process has just stored, is refused by
PostgreSQL like a known event id, and then looked up.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from agentsentinel.ingest.counter_cache import CachedAgent
from agentsentinel.ingest.event import Channel, EventReport, Reason, Stored
from agentsentinel.kit.database import Connection

CHANNELS: dict[Channel, int] = {"api": 0, "sdk": 1, "shim": 2, "otlp": 3}
"""As they are stored."""
CHANNEL_NAMES = tuple(CHANNELS)
TRACKED = 64
"""In `agents.channels`, beside a bit for each channel: there are several, and `call_reports` is complete."""
SLOTS = 8
"""Rows of one call under one name: the event, then one for each channel."""
MAX_NAMES = 100_000
"""Names of calls in memory, some 50 MB."""
MAX_ATTEMPTS = 64
"""Calls by one name that are told apart; a channel that lags further behind has missed the older ones."""
MATCH_SECONDS = 3600.0
"""Times of the same call differ by clocks and by what is between; a call id that comes again later is another call."""
BACKFILL = 100_000
"""As many events of an agent are looked at when its second channel appears."""

_NOTE_CHANNELS = """
UPDATE agents a SET channels = known.channels | told.bits
FROM (SELECT id, channels FROM agents WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE) known
JOIN unnest($1::uuid[], $2::smallint[]) told(id, bits) ON told.id = known.id
WHERE a.id = known.id RETURNING a.id, a.channels
"""
_BACKFILL = """
INSERT INTO call_reports (key, slot, channel, event_id, timestamp)
SELECT key, 8 * row_number() OVER (PARTITION BY key ORDER BY timestamp, id), channel, id, timestamp FROM (
    SELECT *, md5(concat_ws(E'\\x1f', 'call', agent_id, tool_name, tool_call_id))::uuid AS key
    FROM newest WHERE tool_call_id IS NOT NULL
    UNION ALL
    SELECT *, md5(concat_ws(E'\\x1f', 'span', agent_id, tool_name,
                            encode(trace_id, 'hex'), encode(span_id, 'hex')))::uuid
    FROM newest WHERE trace_id IS NOT NULL AND span_id IS NOT NULL
) told
ON CONFLICT DO NOTHING
"""
_FOLLOW = f"""
WITH newest AS (
    SELECT id, agent_id, timestamp, tool_name, tool_call_id, channel, trace_id, span_id FROM agent_events
    WHERE agent_id = $1 AND timestamp > now() - interval '25 hours' ORDER BY timestamp DESC LIMIT {BACKFILL}
), told AS ({_BACKFILL})
UPDATE agents SET channels = channels | {TRACKED} WHERE id = $1 RETURNING channels
"""  # noqa: S608 - numbers of our own
_TOLD = f"""
SELECT r.key, r.slot, r.channel, r.event_id, r.timestamp, e.id IS NOT NULL AS is_there, e.anomaly_score, e.reasons
FROM unnest($1::uuid[]) wanted(key) CROSS JOIN LATERAL (
    SELECT * FROM call_reports WHERE key = wanted.key ORDER BY slot DESC LIMIT {SLOTS * MAX_ATTEMPTS}
) r LEFT JOIN agent_events e ON e.timestamp = r.timestamp AND e.id = r.event_id
ORDER BY r.key, r.slot
"""  # noqa: S608 - numbers of our own


class CallRow(msgspec.Struct, gc=False):
    """One report of one call under one name."""

    key: UUID
    slot: int
    channel: int
    event_id: UUID
    """The call's event."""
    at: datetime


class TrackedCall:
    """One call: its event as it was answered, and a bit for each channel that has told of it."""

    __slots__ = ("answer", "channels")

    def __init__(self, answer: Stored, channels: int) -> None:
        self.answer = answer
        self.channels = channels


class _Name:
    """The calls by one name, by number, in the order they came."""

    __slots__ = ("agent", "calls", "next_number")

    def __init__(self, agent: CachedAgent) -> None:
        self.agent = agent
        self.calls: dict[int, TrackedCall] = {}
        self.next_number = 1

    def number_of(self, call: TrackedCall) -> int | None:
        return next((number for number, known in self.calls.items() if known is call), None)

    def add(self, call: TrackedCall) -> int:
        number = self.next_number
        self.next_number += 1
        self.calls[number] = call
        if len(self.calls) > MAX_ATTEMPTS:
            del self.calls[next(iter(self.calls))]
        return number


def channel_bit(report: EventReport) -> int:
    """The bit of the channel that a report came by."""
    return 1 << CHANNELS[report.channel]


def has_dedup_key(report: EventReport) -> bool:
    """Whether a report names its call, so that another channel's report can be told to be of the same."""
    return report.tool_call_id is not None or (report.span_id is not None and report.trace_id is not None)


def is_ready(agent: CachedAgent, report: EventReport) -> bool:
    """Whether a report that names its call can be judged now: its channel is known, and followed if there are more."""
    bit = channel_bit(report)
    return agent.channels == bit or bool(agent.channels & bit and agent.channels & TRACKED)


def dedup_keys(report: EventReport) -> Sequence[int]:
    """The names of a report's call, the more exact first."""
    names = []
    if report.span_id is not None and report.trace_id is not None:
        names.append(_name("span", report, report.trace_id, report.span_id))
    if report.tool_call_id is not None:
        names.append(_name("call", report, report.tool_call_id))
    return names


def _name(kind: str, report: EventReport, *ids: str) -> int:
    """As PostgreSQL makes it in `_BACKFILL`. The agent is in it, so that nobody can meddle with another's."""
    text = "\x1f".join((kind, str(report.agent_id), report.tool_name, *ids))
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), "big")


class CallWindow:
    """The calls that were told of lately, of the agents that are followed."""

    def __init__(self, max_names: int = MAX_NAMES) -> None:
        self._names: dict[int, _Name] = {}
        self._max_names = max_names

    def __len__(self) -> int:
        """How many names are remembered."""
        return len(self._names)

    def match(self, names: Iterable[int], agent: CachedAgent, bit: int, at: float) -> TrackedCall | None:
        """The call of this name that this channel has not told of yet, if another has."""
        for name in names:
            known = self._find(name, agent)
            for call in known.calls.values() if known is not None else ():
                if not call.channels & bit and abs(call.answer.timestamp.timestamp() - at) <= MATCH_SECONDS:
                    return call
        return None

    def note(self, names: Iterable[int], agent: CachedAgent, call: TrackedCall, channel: int) -> list[CallRow]:
        """A channel has told of this call by these names; returns what is to be stored of that."""
        call.channels |= 1 << channel
        rows = []
        for name in names:
            known = self._find(name, agent)
            if known is None:
                known = self._put(name, _Name(agent))
            number = known.number_of(call)
            slot = SLOTS * known.add(call) if number is None else SLOTS * number + 1 + channel
            rows.append(CallRow(UUID(int=name), slot, channel, call.answer.event_id, call.answer.timestamp))
        return rows

    async def load(self, connection: Connection, reports: Sequence[tuple[EventReport, CachedAgent]]) -> None:
        """Make ready what was told of these reports' calls before."""
        wanted: dict[int, CachedAgent] = {}
        known: dict[UUID, TrackedCall] = {}
        for report, agent in reports:
            for name in dedup_keys(report):
                found = self._find(name, agent)
                if found is None:
                    wanted[name] = agent
                else:
                    known.update((call.answer.event_id, call) for call in found.calls.values())
        if not wanted:
            return
        rows = await connection.fetch(_TOLD, [UUID(int=name) for name in wanted])
        read: dict[int, _Name] = {}
        for row in rows:
            name = row["key"].int
            _restore(read.setdefault(name, _Name(wanted[name])), row, known)
        for name, one in read.items():
            if self._find(name, one.agent) is None:  # else it was told of while this was read
                self._put(name, one)

    def _find(self, name: int, agent: CachedAgent) -> _Name | None:
        """What is remembered, unless the agent was forgotten since: its calls may not have been stored."""
        known = self._names.get(name)
        return known if known is not None and known.agent is agent else None

    def _put(self, name: int, known: _Name) -> _Name:
        self._names.pop(name, None)
        if len(self._names) >= self._max_names:
            del self._names[next(iter(self._names))]
        self._names[name] = known
        return known


def _restore(name: _Name, row: asyncpg.Record, known: dict[UUID, TrackedCall]) -> None:
    number, place = divmod(row["slot"], SLOTS)
    name.next_number = max(name.next_number, number + 1)
    if not row["is_there"]:
        return
    call = known.get(row["event_id"])
    if call is None:
        reasons = msgspec.json.decode(row["reasons"], type=list[Reason]) if row["reasons"] else []
        answer = Stored(
            event_id=row["event_id"],
            anomaly_score=row["anomaly_score"],
            reasons=reasons,
            timestamp=row["timestamp"],
        )
        call = known[row["event_id"]] = TrackedCall(answer, 0)
    call.channels |= 1 << row["channel"]
    if not place:
        name.calls[number] = call
        if len(name.calls) > MAX_ATTEMPTS:
            del name.calls[next(iter(name.calls))]


async def note_channels(connection: Connection, told: dict[UUID, int]) -> dict[UUID, int]:
    """Add channels to these agents; returns what each has now."""
    rows = await connection.fetch(_NOTE_CHANNELS, list(told), list(told.values()))
    return {row["id"]: row["channels"] for row in rows}


async def follow(connection: Connection, agent_id: UUID) -> int:
    """Begin to follow an agent: write down what was told of it lately. Returns its channels."""
    channels: int = await connection.fetchval(_FOLLOW, agent_id)
    return channels
