"""What a destination of alerts or exports is, whatever its kind."""

from datetime import datetime
from typing import Protocol

from agentsentinel.alerts.event import FindingEvent
from agentsentinel_core.findings import Severity


class DeliveryError(Exception):
    """The destination did not accept an event. The message says why, and never holds an address or a secret.

    `retry_after` is the receiver's Retry-After in seconds, or None.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Destination(Protocol):
    """Where events are sent. Implementations bound the time of `send` and hold their secrets to themselves."""

    @property
    def name(self) -> str:
        """Stable name, at most 32 characters: stored with deliveries, and shown in metrics and the API."""

    @property
    def target(self) -> str:
        """Describe the receiver for an operator, without any secret: a host, a path, a service."""

    @property
    def takes_routes(self) -> bool:
        """Whether routes may say what is sent here: true where people are alerted, and false for an export."""

    def wants(self, event: FindingEvent) -> bool:
        """Whether the event is sent here, as far as no route says so."""

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Send an event once and return how it was accepted, in a few words. Raises DeliveryError."""


def is_alert(event: FindingEvent, lowest: Severity) -> bool:
    """Whether people are alerted: the finding has just opened, and is at least as severe as `lowest`."""
    return event.activity.is_opening and event.finding.severity.at_least(lowest)
