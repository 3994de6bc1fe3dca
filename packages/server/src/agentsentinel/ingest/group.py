"""Requests on their way into the database, and the group in which they are stored together."""

from collections.abc import Callable, Sequence

from agentsentinel.errors import Unavailable
from agentsentinel.ingest.event import EventReport, Refused, Stored
from agentsentinel.ingest.event_store import EventBatch, First
from agentsentinel.ingest.feed import StoredEvent

MAX_GROUP_EVENTS = 4_000
MAX_TRIES = 3

Answer = Stored | Refused

Outcome = list[Answer] | Unavailable
"""Outcome of a request: one answer for each event once all are durable, or the reason why they could not be stored."""


class Request:
    """The events of one request, and the callback that takes its outcome."""

    __slots__ = ("answers", "on_outcome", "reports", "tries_left")

    def __init__(self, reports: Sequence[EventReport], on_outcome: Callable[[Outcome], None]) -> None:
        self.reports = reports
        self.on_outcome = on_outcome
        self.answers: list[Answer] = []
        self.tries_left = MAX_TRIES


class Group:
    """Judged requests on their way into the database."""

    __slots__ = ("commit", "firsts", "news", "repeats", "requests", "transaction")

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.commit = EventBatch()
        self.firsts: dict[int, First] = {}
        """First answers to the events whose ids clients chose, by the id as a number.

        They are looked up here, because a repeat may come in before the group is stored.
        """
        self.repeats = 0
        self.news: list[StoredEvent] = []
        self.transaction = 0
        """PostgreSQL's id of the commit, once it is stored."""

    @property
    def is_full(self) -> bool:
        """Whether further requests have to wait for the next group."""
        return len(self.commit) >= MAX_GROUP_EVENTS
