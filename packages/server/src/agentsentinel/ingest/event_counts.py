"""Counts of events for /metrics. No event is lost uncounted: received = stored + duplicate + rejected."""

from collections import Counter

from agentsentinel.errors import Overloaded, ServiceError


class EventCounts:
    """Event counts since the process started: plain integers, incremented on the hot path and read at a scrape."""

    def __init__(self) -> None:
        self.received = 0
        self.stored = 0
        self.duplicate = 0
        self.spans_not_understood = 0
        """Tool spans in a vocabulary that the server does not know; they are not events, and not in `received`."""
        self.rejected: Counter[str] = Counter()
        """Rejected events by reason, the values of `REASON_OF_STATUS` and overload."""

    def reject(self, reason: str, events: int = 1) -> None:
        """Count events that were received and refused."""
        self.received += events
        self.rejected[reason] += events


REASON_OF_STATUS = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "unknown_agent",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    415: "invalid",
    422: "invalid",
    429: "unauthenticated",
    503: "unavailable",
}


def reason_of(error: ServiceError) -> str:
    """Return the reason under which a refused request is counted in `rejected`."""
    return "overload" if isinstance(error, Overloaded) else REASON_OF_STATUS.get(error.status, "invalid")
