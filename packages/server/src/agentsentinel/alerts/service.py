"""Create deliveries of findings' events, try destinations, and report on them."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from agentsentinel.alerts import repository
from agentsentinel.alerts.destination import DeliveryError, Destination
from agentsentinel.alerts.event import Activity, FindingEvent, event_of, event_of_step, sample_event
from agentsentinel.alerts.repository import Tally
from agentsentinel.alerts.schemas import DestinationOut, TestResultOut
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.models import AgentRow, DeliveryRow, FindingHistoryRow, FindingRow

OLD_ALERTS_AT_ONCE = 100


def deliveries_of(
    destinations: Iterable[Destination],
    agent: AgentRow,
    finding: FindingRow,
    step: FindingHistoryRow,
    *,
    is_decision: bool = False,
) -> list[DeliveryRow]:
    """Build the deliveries of one step of a finding's history, for its transaction: one for each that wants it."""
    return _deliveries(destinations, event_of_step(agent, finding, step, is_decision=is_decision))


def _deliveries(destinations: Iterable[Destination], event: FindingEvent) -> list[DeliveryRow]:
    return [
        DeliveryRow(
            event_id=event.id,
            destination=destination.name,
            agent_id=event.agent.id,
            finding_id=event.finding.id,
            occurrence=event.finding.occurrences,
            is_opening=event.activity.is_opening,
            event=event.model_dump(mode="json"),
            created_at=event.at,
            next_attempt_at=event.at,
        )
        for destination in destinations
        if destination.wants(event)
    ]


async def adopt_old_alerts(session: DatabaseSession, slack: Destination, now: datetime) -> None:
    """Turn due alerts that a server of the version before has left into deliveries to Slack."""
    for alert, finding, agent in await repository.take_old_alerts(session, now, OLD_ALERTS_AT_ONCE):
        event = event_of(agent, finding, alert.id, Activity.OPENED, alert.created_at)
        session.add_all(_deliveries([slack], event))


async def send_tests(destinations: Sequence[Destination], now: datetime) -> list[TestResultOut]:
    """Send a test event to each destination, at the same time, and return the true results."""
    event = sample_event(now)
    return await asyncio.gather(*[_send_test(destination, event, now) for destination in destinations])


async def _send_test(destination: Destination, event: FindingEvent, now: datetime) -> TestResultOut:
    try:
        detail, is_ok = await destination.send(event, now), True
    except DeliveryError as error:
        detail, is_ok = str(error), False
    return TestResultOut(destination=destination.name, ok=is_ok, detail=detail)


async def describe(session: DatabaseSession, destinations: Sequence[Destination]) -> list[DestinationOut]:
    """Describe the destinations with their counts, without any secret."""
    counts = await repository.tally(session, [destination.name for destination in destinations])
    return [
        DestinationOut(
            destination=destination.name,
            target=destination.target,
            **counts.get(destination.name, Tally(0, 0, 0, None, None))._asdict(),
        )
        for destination in destinations
    ]
