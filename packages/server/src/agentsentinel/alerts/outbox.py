"""The outbox: deliveries are sent one by one for each destination, retried with exponential backoff, then given up.

Each destination has a loop of its own, so that a slow or dead one never delays another. Several processes share the
work: a delivery is claimed by one of them, and sent again by another only if that one dies.
"""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from agentsentinel.alerts import repository, service
from agentsentinel.alerts.destination import DeliveryError, Destination
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.schemas import TestResultOut
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.errors import Overloaded
from agentsentinel.kit.database import Database
from agentsentinel.models import DeliveryRow

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 17
"""Attempts over about 22 hours."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=4)
CLAIM = timedelta(minutes=1)
"""How long a claimed delivery is reserved for one process, longer than any timeout of a destination.

If that process dies meanwhile, the delivery is sent again.
"""
TEST_PAUSE = timedelta(seconds=10)
"""Shortest time between two tests, so that a key cannot make the server flood its receivers."""


class Outbox:
    """Sends due deliveries, and records the results."""

    def __init__(self, database: Database, destinations: Sequence[Destination]) -> None:
        self.destinations = tuple(destinations)
        self.sent: Counter[str] = Counter()
        """Deliveries that this process sent, by destination."""
        self.failed: Counter[str] = Counter()
        """Deliveries that this process gave up, by destination."""
        self.waiting: Counter[str] = Counter()
        """Deliveries that all processes have still to send, as of the last pass."""
        self._database = database
        self._tested_at: datetime | None = None

    async def send_due(self, destination: Destination, now: datetime) -> int:
        """Send all deliveries to a destination that are due; return how many were sent. Failures are retried later."""
        sent, started = 0, time.monotonic()
        if destination.name == SlackWebhook.name:
            async with self._database.transaction() as session:
                await service.adopt_old_alerts(session, destination, now)
        while (delivery := await self._claim(destination, now)) is not None:
            sent += await self._send(destination, delivery, now)
            # The clock advances with each send, so that the next claim is not expired already if a receiver is slow.
            now += timedelta(seconds=time.monotonic() - started)
            started = time.monotonic()
        async with self._database.transaction() as session:
            self.waiting[destination.name] = await repository.count_waiting(session, destination.name)
        return sent

    async def send_tests(self, now: datetime) -> list[TestResultOut]:
        """Try all destinations at once, bypassing the queue. Raises Overloaded within `TEST_PAUSE` of the last test."""
        if self._tested_at is not None and now - self._tested_at < TEST_PAUSE:
            raise Overloaded("A test was sent a moment ago: wait a few seconds", int(TEST_PAUSE.total_seconds()))
        self._tested_at = now
        return await service.send_tests(self.destinations, now)

    async def _claim(self, destination: Destination, now: datetime) -> DeliveryRow | None:
        async with self._database.transaction() as session:
            delivery = await repository.claim_due(session, destination.name, now)
            if delivery is not None:
                delivery.attempts += 1
                delivery.next_attempt_at = now + CLAIM
            return delivery

    async def _send(self, destination: Destination, delivery: DeliveryRow, now: datetime) -> bool:
        try:
            await destination.send(FindingEvent.model_validate(delivery.event), now)
        except DeliveryError as error:
            await self._record_failure(delivery.event_id, destination.name, now, error)
            return False
        except Exception as error:  # an event that breaks a destination must not hold up the others
            failure = DeliveryError(f"internal error: {type(error).__name__}")
            await self._record_failure(delivery.event_id, destination.name, now, failure)
            return False
        await self._record_success(delivery.event_id, destination.name, now)
        return True

    async def _record_success(self, event_id: UUID, destination: str, now: datetime) -> None:
        self.sent[destination] += 1
        async with self._database.transaction() as session:
            row = await repository.find_delivery(session, event_id, destination)
            if row is not None:
                row.sent_at, row.attempted_at = now, now
                row.next_attempt_at, row.last_error = None, None
        log.info("alert_sent", event_id=str(event_id), destination=destination)

    async def _record_failure(self, event_id: UUID, destination: str, now: datetime, error: DeliveryError) -> None:
        async with self._database.transaction() as session:
            row = await repository.find_delivery(session, event_id, destination)
            if row is None:
                return
            row.last_error, row.attempted_at = str(error), now
            is_given_up = row.attempts >= MAX_ATTEMPTS
            row.next_attempt_at = None if is_given_up else now + _pause(row.attempts, error.retry_after)
            row.failed_at = now if is_given_up else None
        facts = {"event_id": str(event_id), "destination": destination, "error": str(error)}
        if is_given_up:
            self.failed[destination] += 1
            log.error("alert_given_up", **facts)
        else:
            log.warning("alert_failed", **facts)


def _pause(attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return max(timedelta(seconds=retry_after), FIRST_PAUSE)
    return min(FIRST_PAUSE * float(2 ** (attempts - 1)), LONGEST_PAUSE)
