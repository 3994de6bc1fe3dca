"""Deduplication across channels: a call reported by the SDK, the shim and its span is one event, whichever comes first.

A report carries up to three deduplication keys: the model's call id, the span of the call, and the digest of its input.
A report is a duplicate when *another* channel has reported a call under the same key that this channel has not reported
yet. So each attempt of a call that is retried under its id counts, since every channel reports each attempt, and
however the channels' reports interleave, n attempts are n events. The same input alone does not make a call the same:
there, one of the two intervals must also lie within the other, as the shim's lies within that of an adapter around it.

Only agents that are reported through several channels are tracked; until then, nothing is looked up or written. The
window in memory is backed by the table `call_reports`, which holds the reports of the last two days, one row for each
report and key. Its primary key is unique, so a call that was evicted from memory, or that another process has just
stored, is refused by PostgreSQL like a repeated event id, and then looked up.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from agentsentinel.ingest.counter_cache import CachedAgent
from agentsentinel.ingest.event import Channel, EventReport, Reason, Stored
from agentsentinel.kit.database import Connection

CHANNELS: dict[Channel, int] = {"api": 0, "sdk": 1, "shim": 2, "otlp": 3, "hook": 4}
"""Number of each channel as stored in `agent_events.channel` and `call_reports.channel`."""
CHANNEL_NAMES = tuple(CHANNELS)
TRACKED = 64
"""Flag in `agents.channels`, beside a bit for each channel: there are several, and `call_reports` is complete."""
SLOTS = 8
"""Rows of one call under one deduplication key: slot 0 is the event, the next ones are one for each channel."""
MAX_NAMES = 100_000
"""Deduplication keys in memory, some 50 MB."""
MAX_ATTEMPTS = 64
"""Calls that are distinguished under one key; a channel that lags further behind does not match the older ones."""
MATCH_SECONDS = 3600.0
"""How far apart two reports of the same call may be.

Their times differ by clock skew and by delivery; a call id that comes again later than this is another call.
"""
SLACK_SECONDS = 0.05
"""How far a call may reach beyond the call around it: durations are rounded, and two processes read two clocks."""
MODEL_CHANNELS = frozenset({"api", "sdk", "otlp"})
"""Channels whose `tool_call_id` is the model's; the shim and hooks have ids of their own."""
BACKFILL = 100_000
"""Newest events of an agent that are entered in `call_reports` when its second channel appears."""

_ADD_CHANNELS = """
UPDATE agents a SET channels = known.channels | added.bits
FROM (SELECT id, channels FROM agents WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE) known
JOIN unnest($1::uuid[], $2::smallint[]) added(id, bits) ON added.id = known.id
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
    UNION ALL
    SELECT *, md5(concat_ws(E'\\x1f', 'input', agent_id, tool_name, encode(input_hash, 'hex')))::uuid
    FROM newest WHERE timestamp <> received_at
) keyed
ON CONFLICT DO NOTHING
"""
_TRACK = f"""
WITH newest AS (
    SELECT id, agent_id, timestamp, received_at, tool_name, tool_call_id, channel, trace_id, span_id, input_hash
    FROM agent_events
    WHERE agent_id = $1 AND timestamp > now() - interval '25 hours' ORDER BY timestamp DESC LIMIT {BACKFILL}
), backfilled AS ({_BACKFILL})
UPDATE agents SET channels = channels | {TRACKED} WHERE id = $1 RETURNING channels
"""  # noqa: S608 - numbers of our own
_REPORTS = f"""
SELECT r.key, r.slot, r.channel, r.event_id, r.timestamp, e.id IS NOT NULL AS is_there, e.anomaly_score, e.reasons,
       e.duration_ms, e.tool_call_id, e.channel AS first_channel
FROM unnest($1::uuid[]) wanted(key) CROSS JOIN LATERAL (
    SELECT * FROM call_reports WHERE key = wanted.key ORDER BY slot DESC LIMIT {SLOTS * MAX_ATTEMPTS}
) r LEFT JOIN agent_events e ON e.timestamp = r.timestamp AND e.id = r.event_id
    AND e.timestamp > now() - interval '7 days'
ORDER BY r.key, r.slot
"""  # noqa: S608 - numbers of our own
"""Query of the reports under these keys, with their events, all younger than a week.

Without this bound TimescaleDB would decompress all events for the join.
"""


class CallRow(msgspec.Struct, gc=False):
    """Row of `call_reports`: one report of one call under one deduplication key."""

    key: UUID
    slot: int
    channel: int
    event_id: UUID
    """Id of the event that the call was stored as."""
    at: datetime


class Key(NamedTuple):
    """One deduplication key of a report."""

    name: int
    needs_overlap: bool = False
    """Whether calls under this key are the same only if one's interval lies within the other's."""


class TrackedCall:
    """One call: the answer to its event, its interval, and a bit for each channel that has reported it."""

    __slots__ = ("answer", "channels", "duration", "model_call_id")

    def __init__(self, answer: Stored, duration_ms: int | None, model_call_id: str | None) -> None:
        self.answer = answer
        self.channels = 0
        self.duration = (duration_ms or 0) / 1000
        self.model_call_id = model_call_id

    @classmethod
    def of(cls, report: EventReport, answer: Stored) -> "TrackedCall":
        """Return the call that a report was stored as."""
        return cls(answer, report.duration_ms, model_call_id(report.channel, report.tool_call_id))

    def may_be(self, report: EventReport, key: Key, at: float) -> bool:
        """Tell whether a report under this key, of a call that began at this Unix time, can be of this call."""
        began = self.answer.timestamp.timestamp()
        if not key.needs_overlap:
            return abs(began - at) <= MATCH_SECONDS
        other = model_call_id(report.channel, report.tool_call_id)
        if other is not None and self.model_call_id is not None and other != self.model_call_id:
            return False
        return _is_nested(began, began + self.duration, at, at + (report.duration_ms or 0) / 1000)


def _is_nested(start: float, end: float, other_start: float, other_end: float) -> bool:
    """Tell whether one of two intervals lies within the other, but for `SLACK_SECONDS`."""
    starts, ends = start - other_start, other_end - end
    return min(starts, ends) >= -SLACK_SECONDS or max(starts, ends) <= SLACK_SECONDS


def model_call_id(channel: Channel, tool_call_id: str | None) -> str | None:
    """Return the id that the model gave to a call; None where a channel has ids of another kind."""
    return tool_call_id if channel in MODEL_CHANNELS else None


class _Name:
    """The calls under one deduplication key, numbered in the order of arrival."""

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
    """Return the bit of the channel that a report came through."""
    return 1 << CHANNELS[report.channel]


def has_dedup_key(report: EventReport) -> bool:
    """Tell whether a report has a time, a call id or a span, by which reports of other channels can be matched."""
    return (
        report.timestamp is not None
        or report.tool_call_id is not None
        or (report.span_id is not None and report.trace_id is not None)
    )


def is_ready(agent: CachedAgent, report: EventReport) -> bool:
    """Tell whether a report with a deduplication key can be scored now.

    Its channel must be recorded for the agent and, if the agent has several channels, the agent must be tracked.
    """
    bit = channel_bit(report)
    return agent.channels == bit or bool(agent.channels & bit and agent.channels & TRACKED)


def dedup_keys(report: EventReport) -> Sequence[Key]:
    """Return the deduplication keys of a report's call, the most exact one (the span) first."""
    return list(_keys(report))


def _keys(report: EventReport) -> Iterator[Key]:
    if report.span_id is not None and report.trace_id is not None:
        yield Key(_name("span", report, report.trace_id, report.span_id))
    if report.tool_call_id is not None:
        yield Key(_name("call", report, report.tool_call_id))
    if report.timestamp is not None:
        yield Key(_name("input", report, report.input_hash), needs_overlap=True)


def _name(kind: str, report: EventReport, *ids: str) -> int:
    """Compute a deduplication key, exactly as PostgreSQL computes it in `_BACKFILL`.

    The key includes the agent, so that a report for one agent cannot match the calls of another.
    """
    text = "\x1f".join((kind, str(report.agent_id), report.tool_name, *ids))
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), "big")


class CallWindow:
    """In-memory window of the recently reported calls of tracked agents, by deduplication key."""

    def __init__(self, max_names: int = MAX_NAMES) -> None:
        self._names: dict[int, _Name] = {}
        self._max_names = max_names

    def __len__(self) -> int:
        """Return how many deduplication keys are in memory."""
        return len(self._names)

    def match(self, report: EventReport, keys: Iterable[Key], agent: CachedAgent, at: float) -> TrackedCall | None:
        """Return the oldest call under one of these keys that another channel has reported and this one has not yet."""
        bit = channel_bit(report)
        for key in keys:
            known = self._find(key.name, agent)
            for call in known.calls.values() if known is not None else ():
                if not call.channels & bit and call.may_be(report, key, at):
                    return call
        return None

    def record(self, keys: Iterable[Key], agent: CachedAgent, call: TrackedCall, channel: int) -> list[CallRow]:
        """Record that a channel reported this call under these keys; return the rows to store."""
        call.channels |= 1 << channel
        rows = []
        for name, _ in keys:
            known = self._find(name, agent)
            if known is None:
                known = self._put(name, _Name(agent))
            number = known.number_of(call)
            slot = SLOTS * known.add(call) if number is None else SLOTS * number + 1 + channel
            rows.append(CallRow(UUID(int=name), slot, channel, call.answer.event_id, call.answer.timestamp))
        return rows

    async def load(self, connection: Connection, reports: Sequence[tuple[EventReport, CachedAgent]]) -> None:
        """Load earlier reports of the calls of these reports from the database, for the keys that are not in memory."""
        wanted: dict[int, CachedAgent] = {}
        known: dict[UUID, TrackedCall] = {}
        for report, agent in reports:
            for name, _ in dedup_keys(report):
                found = self._find(name, agent)
                if found is None:
                    wanted[name] = agent
                else:
                    known.update((call.answer.event_id, call) for call in found.calls.values())
        if not wanted:
            return
        rows = await connection.fetch(_REPORTS, [UUID(int=name) for name in wanted])
        read: dict[int, _Name] = {}
        for row in rows:
            name = row["key"].int
            _restore(read.setdefault(name, _Name(wanted[name])), row, known)
        for name, one in read.items():
            if self._find(name, one.agent) is None:  # else it was reported while the rows were read
                self._put(name, one)

    def _find(self, name: int, agent: CachedAgent) -> _Name | None:
        """Return the calls under a key, unless the agent was dropped from the cache since.

        When an agent is dropped because its group failed, its calls may not have been stored.
        """
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
        first_call_id = model_call_id(CHANNEL_NAMES[row["first_channel"]], row["tool_call_id"])
        call = known[row["event_id"]] = TrackedCall(answer, row["duration_ms"], first_call_id)
    call.channels |= 1 << row["channel"]
    if not place:
        name.calls[number] = call
        if len(name.calls) > MAX_ATTEMPTS:
            del name.calls[next(iter(name.calls))]


async def add_channels(connection: Connection, bits: dict[UUID, int]) -> dict[UUID, int]:
    """Add channel bits to these agents; return the resulting bits of each."""
    rows = await connection.fetch(_ADD_CHANNELS, list(bits), list(bits.values()))
    return {row["id"]: row["channels"] for row in rows}


async def track(connection: Connection, agent_id: UUID) -> int:
    """Start to track an agent: enter its recent reports in `call_reports`. Return its channel bits."""
    channels: int = await connection.fetchval(_TRACK, agent_id)
    return channels
