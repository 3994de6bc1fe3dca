"""Rules for the events that a caller may report: for which agent, and how old."""

from datetime import UTC, datetime, timedelta

from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.ingest.event import EventReport, Refused
from agentsentinel.ingest.partitions import oldest_kept

MAX_AGE = timedelta(hours=24)
"""How far back an agent key may date its events: long enough to deliver what an SDK spooled over a day."""
MAX_AHEAD = timedelta(hours=24)
"""Clock skew that is tolerated; events dated in the future by less than this count as made now."""

FOREIGN = Refused(403, "This key may not report for that agent")


class Acceptance:
    """Refuses events that a caller may not report, or whose time the server does not accept."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    def refusal(self, principal: Principal, report: EventReport) -> Refused | None:
        """Return why this caller may not report this event, or None if it may.

        The key's binding to an agent is checked first, so that an agent key cannot probe the ids of other agents.
        """
        if not principal.may_report_for(report.agent_id):
            return FOREIGN
        if report.timestamp is None:
            return None
        now = datetime.now(UTC)
        if report.timestamp > now + MAX_AHEAD:
            return Refused(422, "timestamp: more than 24 hours ahead of the server's clock")
        if principal.scope is KeyScope.AGENT and report.timestamp < now - MAX_AGE:
            return Refused(
                422, "timestamp: an agent key may report events of the last 24 hours; older ones need an admin key"
            )
        if report.timestamp < oldest_kept(now, self._retention):
            days = self._retention.days
            return Refused(422, f"timestamp: older than the {days} days this server keeps (EVENT_RETENTION_DAYS)")
        return None
