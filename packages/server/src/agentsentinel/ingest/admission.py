"""Fair queueing of batches and OTLP exports, so that one sender's flood leaves room for the others.

A batch of 1,000 events keeps the event loop busy for ten milliseconds and more, and all events that are scored together
share a commit. So only as many batches are processed as keep the database busy; the others wait, not decoded yet, in a
queue for each agent. The queues are served round-robin. An agent that sends more than its queue holds is throttled with
429 and Retry-After; the others are not affected. Single events do not wait here: each costs a thousandth of a batch.
OTLP export requests and manifests wait in the same way, in a queue for each key, for one of the threads that work on
them.
"""

import asyncio
import math
import re
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple, TypeVar
from uuid import UUID

from agentsentinel.auth.principal import Principal
from agentsentinel.errors import Overloaded, Unavailable

EVENTS_IN_WORK = 2_000
"""Events of batches that are decoded, scored or stored at once: one full batch being stored, and the next behind it."""
WAITING_EVENTS_OF_AGENT = 16_000
WAITING_EVENTS = 64_000
EVENTS_PER_SECOND = 10_000
"""Events that a small machine stores in a second; Retry-After is computed from it."""
EXPORTS_IN_WORK = 2
"""Export requests that are decoded at once: more would only take memory, and CPU time from events of other channels."""
WAITING_EXPORTS_OF_KEY = 32
WAITING_EXPORTS = 512
EXPORTS_PER_SECOND = 20
MANIFESTS_IN_WORK = 2
"""Manifests that are judged at once: each large one keeps a thread busy for seconds."""
WAITING_MANIFESTS_OF_KEY = 64
WAITING_MANIFESTS = 512
MANIFESTS_PER_SECOND = 10
HELD_BYTES_OF_KEY = 16 * 1024 * 1024
"""Bytes of request bodies, announced or read, that all requests of one key may hold at once."""
HELD_BYTES = 64 * 1024 * 1024

_AGENT = re.compile(rb'"agent_id"\s*:\s*"([0-9A-Za-z-]{32,36})"')

Name = TypeVar("Name", bound=Hashable)


def agent_of(principal: Principal, body: bytes) -> Hashable:
    """Return the owner of a batch without decoding it: the key's agent, else the agent of the first event."""
    if principal.agent_id is not None:
        return principal.agent_id
    found = _AGENT.search(body)
    return found and found[1].lower()


def count_events(body: bytes) -> int:
    """Estimate how many events a batch holds, without decoding it."""
    return max(1, body.count(b'"agent_id"'))


class _Ticket(NamedTuple):
    """A request that waits in a queue for its turn."""

    weight: int
    granted: "asyncio.Future[None]"


class Turns:
    """Limits how much work runs at once; owners whose work has to wait are served round-robin."""

    def __init__(self, most_in_work: int, most_waiting_of_one: int, most_waiting: int, per_second: int) -> None:
        self._most_in_work = most_in_work
        self._most_waiting_of_one = most_waiting_of_one
        self._most_waiting = most_waiting
        self._per_second = per_second
        self._in_work = 0
        self._waiting = 0
        self._waiting_of: Counter[Hashable] = Counter()
        self._queues: OrderedDict[Hashable, deque[_Ticket]] = OrderedDict()
        """Queue of each owner; the owner whose turn is next comes first."""

    @asynccontextmanager
    async def turn(self, owner: Hashable, weight: int = 1) -> AsyncIterator[None]:
        """Wait until work of this weight may begin; the turn lasts as long as the block.

        Raises Overloaded when this owner has too much work waiting already. Raises Unavailable when all owners together
        have, or when the work of another turn ended in Unavailable meanwhile: all of it needs the same database.
        """
        if self._queues or not self._has_room(weight):
            await self._wait(owner, weight)
        else:
            self._in_work += weight
        try:
            yield
        except Unavailable:
            self._give_up()
            raise
        finally:
            self._in_work -= weight
            self._grant_next()

    async def _wait(self, owner: Hashable, weight: int) -> None:
        waiting = self._waiting_of[owner]
        if waiting + weight > self._most_waiting_of_one:
            seconds = max(1, math.ceil(waiting / self._per_second))
            raise Overloaded("Too many events of this sender are waiting: send less at once", seconds)
        if self._waiting + weight > self._most_waiting:
            raise Unavailable("Too many events are waiting; try again")
        ticket = _Ticket(weight, asyncio.get_running_loop().create_future())
        self._queues.setdefault(owner, deque()).append(ticket)
        self._waiting += weight
        self._waiting_of[owner] += weight
        try:
            await ticket.granted
        except asyncio.CancelledError:
            granted = ticket.granted
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self._in_work -= weight  # the turn was granted in the same moment in which the request was cancelled
                self._grant_next()
            raise
        finally:
            self._waiting -= weight
            _take_off(self._waiting_of, owner, weight)

    def _has_room(self, weight: int) -> bool:
        return not self._in_work or self._in_work + weight <= self._most_in_work

    def _grant_next(self) -> None:
        """Start the next waiting request, and look again in the next iteration of the event loop.

        Only one request starts in an iteration, so that the event loop reads from all connections between two batches.
        """
        while self._queues:
            owner, queue = next(iter(self._queues.items()))
            ticket = queue[0]
            if not ticket.granted.done() and not self._has_room(ticket.weight):
                return
            self._pop(owner, queue)
            if not ticket.granted.done():  # else its request was cancelled
                self._in_work += ticket.weight
                ticket.granted.set_result(None)
                asyncio.get_running_loop().call_soon(self._grant_next)
                return

    def _pop(self, owner: Hashable, queue: deque[_Ticket]) -> None:
        queue.popleft()
        if queue:
            self._queues.move_to_end(owner)
        else:
            del self._queues[owner]

    def _give_up(self) -> None:
        queues, self._queues = self._queues, OrderedDict()
        for ticket in (ticket for queue in queues.values() for ticket in queue):
            if not ticket.granted.done():
                ticket.granted.set_exception(Unavailable("The event could not be stored now; try again"))


class Admission:
    """Admission control of batches and export requests, before anything is decoded."""

    def __init__(self) -> None:
        self.batches = Turns(EVENTS_IN_WORK, WAITING_EVENTS_OF_AGENT, WAITING_EVENTS, EVENTS_PER_SECOND)
        """Turns of batches: their owners are agents, and the weight is the number of events."""
        self.exports = Turns(EXPORTS_IN_WORK, WAITING_EXPORTS_OF_KEY, WAITING_EXPORTS, EXPORTS_PER_SECOND)
        """Turns of OTLP export requests: their owners are keys, and each request has the weight 1."""
        self.manifests = Turns(MANIFESTS_IN_WORK, WAITING_MANIFESTS_OF_KEY, WAITING_MANIFESTS, MANIFESTS_PER_SECOND)
        """Turns of manifests: their owners are keys, and each has the weight 1."""
        self._held = 0
        self._held_of: Counter[UUID] = Counter()

    @contextmanager
    def hold(self, principal: Principal, size: int) -> Iterator[None]:
        """Reserve memory for a body of this size before it is read; the block releases it.

        Raises Overloaded when the key holds too many bytes, and Unavailable when all keys together do.
        """
        key = principal.key_id
        if self._held_of[key] + size > HELD_BYTES_OF_KEY:
            raise Overloaded("The requests of this key hold too many bytes: send less at once")
        if self._held + size > HELD_BYTES:
            raise Unavailable("The server is handling too many requests; try again")
        self._held += size
        self._held_of[key] += size
        try:
            yield
        finally:
            self._held -= size
            _take_off(self._held_of, key, size)


def _take_off(counts: Counter[Name], name: Name, number: int) -> None:
    """Lower a count, and remove it at zero, so that the counter does not grow with names seen once."""
    counts[name] -= number
    if counts[name] <= 0:
        del counts[name]
