"""Clients that report events as the SDK does: ids of their own, at least once, and every answer counted."""

import asyncio
import json
import random
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from agentsentinel.kit.ids import uuid7
from server.support import HASH, Server

CONNECTIONS = 8
BATCH_SHARE = 0.03
"""This share of requests are batches of 2 to 20 events, which then are a quarter of all events."""
REPEAT_SHARE = 0.02
"""This share of acknowledged events is sent again on purpose."""
LATE_SHARE = 0.1
"""This share of events was made up to 100 minutes ago."""
ANSWER_SECONDS = 10.0
PAUSE_SECONDS = 0.1
TOOLS = ("crm_search", "crm_update", "send_email", "read_file")


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Wire:
    """One HTTP/1.1 connection that stays open, and opens again when it broke. Costs a tenth of a full client."""

    def __init__(self, url: str, key: str = "", context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._context = context
        self._head = f"Host: {self._host}\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send one request. Raises OSError, EOFError or TimeoutError when there is no complete answer."""
        begin = time.monotonic()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._exchange(method, path, body, begin)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].transport.abort()

    async def _exchange(self, method: str, path: str, body: bytes, begin: float) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        reader, writer = self._streams
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        content = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, content, time.monotonic() - begin)


class Caller(NamedTuple):
    """An agent and its key."""

    agent_id: str
    key: str


@dataclass
class Load:
    """Reports `events` events over some connections, each until it is acknowledged or the time is over."""

    url: str | Sequence[str]
    """Where the server is; several of them take turns."""
    callers: Sequence[Caller]
    events: int
    seconds: float = 120.0
    """After so long, what is not acknowledged stays so."""
    is_patient: bool = True
    """Whether what was refused or not answered is sent again; else the connection ends its work there."""
    connections: int = CONNECTIONS
    rate: float | None = None
    """Events a second over all connections; as fast as the answers come by default."""
    context: ssl.SSLContext | None = None
    """Whom to trust behind an https address."""
    acknowledged: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Event id -> its first answer."""
    sent: set[UUID] = field(default_factory=set)
    answered: Counter[int] = field(default_factory=Counter)
    """Events by the status they were answered with, each time they were answered."""
    refused_requests: int = 0
    """Requests that were answered 503 or 429. One that is refused before its body is read counts as one event there."""
    unanswered: int = 0
    """Events whose request had no answer, each time."""
    repeated: int = 0
    different: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    """Repeats that were answered otherwise than at first."""
    without_retry_after: int = 0
    newest_served: float = 0.0
    """When the newest request that was acknowledged had been sent (monotonic)."""
    slowest: float = 0.0
    slowest_refusal: float = 0.0
    longest_gap: float = 0.0
    """The longest time in seconds in which nothing was acknowledged."""
    is_stopped: bool = False

    async def run(self) -> None:
        """Until all is acknowledged, or the time is over."""
        self._last_served = time.monotonic()
        self._deadline = self._last_served + self.seconds
        self._to_make = self.events
        await asyncio.gather(*(self._work(number) for number in range(self.connections)))

    async def recovered(self, since: float, seconds: float) -> float:
        """Wait until an event sent after `since` is acknowledged; returns how long after `since` that was."""
        while self.newest_served <= since:
            assert time.monotonic() < since + seconds, f"nothing was acknowledged for {seconds} s"
            await asyncio.sleep(0.01)
        return time.monotonic() - since

    async def reached(self, events: float) -> None:
        """Wait until so many events are acknowledged."""
        while len(self.acknowledged) < events:
            assert time.monotonic() < self._deadline, f"{len(self.acknowledged)} acknowledged in time"
            await asyncio.sleep(0.005)

    async def _work(self, number: int) -> None:
        chance = random.Random(number)
        caller = self.callers[number // 2 % len(self.callers)]
        urls = [self.url] if isinstance(self.url, str) else self.url
        wire = Wire(urls[number % len(urls)], caller.key, self.context)
        done: list[dict[str, Any]] = []
        try:
            while self._to_make > 0 and not self.is_stopped:
                size = chance.randint(2, 20) if chance.random() < BATCH_SHARE else 1
                size = min(size, self._to_make)
                self._to_make -= size
                events = [_event(caller.agent_id, chance) for _ in range(size)]
                self.sent.update(UUID(event["event_id"]) for event in events)
                begin = time.monotonic()
                if not await self._deliver(wire, events):
                    return
                if self.rate is not None:
                    await asyncio.sleep(begin + size * self.connections / self.rate - time.monotonic())
                done += events
                again = [chance.choice(done) for _ in events if chance.random() < REPEAT_SHARE]
                self.repeated += len(again)
                for event in again:
                    if not await self._deliver(wire, [event]):
                        return
        finally:
            wire.close()

    async def _deliver(self, wire: Wire, events: list[dict[str, Any]]) -> bool:
        """At least once; False when it was given up."""
        is_batch = len(events) > 1
        path = "/api/v1/events/batch" if is_batch else "/api/v1/events"
        body = json.dumps({"events": events} if is_batch else events[0]).encode()
        while time.monotonic() < self._deadline and not self.is_stopped:
            sent_at = time.monotonic()
            try:
                answer = await wire.request("POST", path, body)
            except (OSError, EOFError, TimeoutError):
                self.unanswered += len(events)
            else:
                self.answered[answer.status] += len(events)
                self.slowest = max(self.slowest, answer.seconds)
                if answer.status in {200, 201}:
                    self.newest_served = max(self.newest_served, sent_at)
                    self.longest_gap = max(self.longest_gap, time.monotonic() - self._last_served)
                    self._last_served = time.monotonic()
                    content = json.loads(answer.body)
                    self._acknowledge(content["results"] if is_batch else [content])
                    return True
                assert answer.status in {429, 503}, answer
                self.slowest_refusal = max(self.slowest_refusal, answer.seconds)
                self.refused_requests += 1
                self.without_retry_after += "retry-after" not in answer.headers
            if not self.is_patient:
                return False
            await asyncio.sleep(PAUSE_SECONDS)
        return False

    def _acknowledge(self, results: list[dict[str, Any]]) -> None:
        for result in results:
            assert result.get("status", 201) == 201, result
            told = {name: result[name] for name in ("event_id", "anomaly_score", "reasons", "timestamp")}
            first = self.acknowledged.setdefault(UUID(result["event_id"]), told)
            if first != told:
                self.different.append((first, told))


def new_callers(server: Server, count: int = 4) -> list[Caller]:
    """Agents with a few granted tools, each with a key of its own."""
    callers = []
    for _ in range(count):
        agent_id = server.new_agent(description="Searches the CRM and sends emails to customers")
        for tool in TOOLS:
            answer = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool, "rate_limit_per_hour": 100})
            assert answer.status_code == 201, answer.text
        callers.append(Caller(agent_id, server.new_key("agent", agent_id)))
    return callers


def _event(agent_id: str, chance: random.Random) -> dict[str, Any]:
    at = time.time() - (chance.random() * 6_000 if chance.random() < LATE_SHARE else 0)
    return {
        "event_id": str(uuid7(at)),
        "agent_id": agent_id,
        "tool_name": chance.choice(TOOLS),
        "input_hash": HASH,
        "output_hash": HASH,
        "duration_ms": chance.randint(1, 2_000),
        "session_id": f"s{chance.randint(1, 3)}",
        "status": chance.choice(("ok", "ok", "ok", "error")),
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
    }
