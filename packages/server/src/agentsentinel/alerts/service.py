"""Create deliveries of findings' events, try destinations, and report on them."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from agentsentinel.alerts import repository
from agentsentinel.alerts.destination import DeliveryError, Destination
from agentsentinel.alerts.event import Activity, FindingEvent, event_of, event_of_step, sample_event
from agentsentinel.alerts.repository import OpeningCount, Tally
from agentsentinel.alerts.routing import AlertKind, Route, is_wanted
from agentsentinel.alerts.schemas import (
    DestinationOut,
    PreviewedAlertOut,
    RouteIn,
    RouteOut,
    RoutePreviewOut,
    TestResultOut,
)
from agentsentinel.errors import Invalid
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.models import AgentRow, AlertRouteRow, DeliveryRow, FindingHistoryRow, FindingRow
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import RULES

OLD_ALERTS_AT_ONCE = 100
PREVIEW_DAYS = 7
PREVIEWED_OPENINGS = 500
"""Newest openings among which the alerts that a preview shows are looked for; its counts are of all."""
SHOWN_IN_PREVIEW = 20


def deliveries_of(
    destinations: Iterable[Destination],
    agent: AgentRow,
    finding: FindingRow,
    step: FindingHistoryRow,
    routes: Sequence[Route] = (),
    *,
    is_decision: bool = False,
) -> list[DeliveryRow]:
    """Build the deliveries of one step of a finding's history, for its transaction: one for each that wants it."""
    return _deliveries(destinations, routes, event_of_step(agent, finding, step, is_decision=is_decision))


def _deliveries(destinations: Iterable[Destination], routes: Sequence[Route], event: FindingEvent) -> list[DeliveryRow]:
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
        if is_wanted(destination, routes, event)
    ]


async def load_routes(session: DatabaseSession) -> list[Route]:
    """Load all routes in their order."""
    return [_route(row) for row in await repository.find_routes(session)]


async def list_routes(session: DatabaseSession) -> list[RouteOut]:
    """List all routes in their order, those of a destination that is no longer configured included."""
    return [_out(route) for route in await load_routes(session)]


async def replace_routes(
    session: DatabaseSession, destinations: Sequence[Destination], routes: Sequence[RouteIn]
) -> list[RouteOut]:
    """Store these routes instead of all. Raises Invalid, naming what there is instead."""
    _check(destinations, routes)
    rows = [
        AlertRouteRow(
            place=place,
            destination=one.destination,
            min_severity=one.min_severity,
            kinds=sorted(one.kinds),
            rules=sorted(one.rules),
            teams=sorted(one.teams),
        )
        for place, one in enumerate(routes)
    ]
    await repository.replace_routes(session, rows)
    return [_out(_route(row)) for row in rows]


async def preview(
    session: DatabaseSession, destinations: Sequence[Destination], routes: Sequence[RouteIn], now: datetime
) -> list[RoutePreviewOut]:
    """Say what each destination would have been sent in PREVIEW_DAYS days, by these routes. Raises Invalid.

    A finding counts with the severity that it has now, and an agent with its team of now.
    """
    _check(destinations, routes)
    since = now - timedelta(days=PREVIEW_DAYS)
    asked = [Route(*(one.model_dump()[name] for name in Route._fields)) for one in routes]
    stored = await load_routes(session)
    counts = await repository.count_openings(session, since)
    openings = await repository.find_openings(session, since, PREVIEWED_OPENINGS)
    events = [event_of(agent, finding, step.id, Activity.OPENED, step.at) for step, finding, agent in openings]
    sample = sample_event(now)
    return [
        RoutePreviewOut(
            destination=one.name,
            alerts=sum(each.times for each in counts if is_wanted(one, asked, _opening(sample, each))),
            alerts_as_stored=sum(each.times for each in counts if is_wanted(one, stored, _opening(sample, each))),
            newest=[_previewed(event) for event in events if is_wanted(one, asked, event)][:SHOWN_IN_PREVIEW],
        )
        for one in destinations
        if one.takes_routes
    ]


def _check(destinations: Sequence[Destination], routes: Sequence[RouteIn]) -> None:
    names = [one.name for one in destinations if one.takes_routes]
    for place, one in enumerate(routes):
        if one.destination not in names:
            there_are = f"there are {', '.join(names)}" if names else "there are none; see docs/alerts.md"
            raise Invalid(f"routes.{place}.destination: alerts are not sent to {one.destination!r}; {there_are}")
        unknown = sorted(one.rules - {rule.id for rule in RULES})
        if unknown:
            raise Invalid(f"routes.{place}.rules: there is no rule {unknown[0]!r}; see GET /api/v1/rules")


def _route(row: AlertRouteRow) -> Route:
    return Route(
        row.destination, Severity(row.min_severity), frozenset(row.kinds), frozenset(row.rules), frozenset(row.teams)
    )


def _out(route: Route) -> RouteOut:
    return RouteOut(
        destination=route.destination,
        min_severity=route.min_severity,
        kinds=sorted(AlertKind(kind) for kind in route.kinds),
        rules=sorted(route.rules),
        teams=sorted(route.teams),
    )


def _opening(sample: FindingEvent, count: OpeningCount) -> FindingEvent:
    """Return an event of those that were counted, as far as routes look at it."""
    finding = sample.finding.model_copy(update={"rule_id": count.rule_id, "severity": Severity(count.severity)})
    agent = sample.agent.model_copy(update={"owner_team": count.team})
    return sample.model_copy(update={"activity": Activity.OPENED, "finding": finding, "agent": agent})


def _previewed(event: FindingEvent) -> PreviewedAlertOut:
    return PreviewedAlertOut(
        at=event.at,
        finding_id=event.finding.id,
        rule_id=event.finding.rule_id,
        severity=event.finding.severity,
        title=event.finding.title,
        agent_id=event.agent.id,
        agent_name=event.agent.name,
        owner_team=event.agent.owner_team,
    )


async def adopt_old_alerts(session: DatabaseSession, slack: Destination, now: datetime) -> None:
    """Turn due alerts that a server of the version before has left into deliveries to Slack."""
    for alert, finding, agent in await repository.take_old_alerts(session, now, OLD_ALERTS_AT_ONCE):
        event = event_of(agent, finding, alert.id, Activity.OPENED, alert.created_at)
        session.add_all(_deliveries([slack], (), event))


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
