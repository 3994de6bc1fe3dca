"""Routes: which alerts a destination gets, instead of what its setting says. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.event import FindingEvent
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import rule
from agentsentinel_core.posture.rules.agent_silent import AgentSilent


class AlertKind(StrEnum):
    """What a finding is about."""

    POSTURE = "posture"
    """What an agent may do: its finding costs posture points."""
    BEHAVIOUR = "behaviour"
    """What an agent did: its finding costs none, since behaviour has a score of its own."""
    SILENCE = "silence"
    """That an agent has stopped reporting."""


class Route(NamedTuple):
    """One route. An alert takes it that fulfils every condition; an empty one holds for all alerts."""

    destination: str
    """Name of the destination."""
    min_severity: Severity
    kinds: frozenset[str] = frozenset()
    """Values of AlertKind."""
    rules: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    """Teams that own the agent, in any case of letters."""

    def takes(self, severity: Severity, rule_id: str, team: str) -> bool:
        """Return whether an alert takes this route."""
        return (
            severity.at_least(self.min_severity)
            and (not self.kinds or kind_of(rule_id) in self.kinds)
            and (not self.rules or rule_id in self.rules)
            and (not self.teams or team.casefold() in {one.casefold() for one in self.teams})
        )


def kind_of(rule_id: str) -> AlertKind:
    """Return the kind of a rule's findings; POSTURE for a rule that no longer exists."""
    if rule_id == AgentSilent.id:
        return AlertKind.SILENCE
    try:
        costs_points = rule(rule_id).costs_points
    except KeyError:
        return AlertKind.POSTURE
    return AlertKind.POSTURE if costs_points else AlertKind.BEHAVIOUR


def is_wanted(destination: Destination, routes: Sequence[Route], event: FindingEvent) -> bool:
    """Return whether an event is sent to a destination: by its routes if it has any and takes them, else by itself."""
    own = [route for route in routes if route.destination == destination.name]
    if not own or not destination.takes_routes:
        return destination.wants(event)
    found = event.finding
    return event.activity.is_opening and any(
        route.takes(found.severity, found.rule_id, event.agent.owner_team) for route in own
    )
