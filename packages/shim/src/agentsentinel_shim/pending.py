"""The requests of a client that have no answer yet, so that each gets one when its server has gone."""

from __future__ import annotations

from agentsentinel_shim.jsonrpc import Kind, Message, RequestId

MOST_PENDING = 10_000
"""Requests that are remembered; beyond it the oldest is forgotten, and gets no error."""


class PendingRequests:
    """Follows the messages between one client and one server."""

    def __init__(self) -> None:
        self._ids: dict[RequestId, None] = {}

    def passed(self, message: Message, is_from_client: bool) -> None:
        """Take the next message."""
        if is_from_client and message.kind is Kind.REQUEST:
            self._ids[message.id] = None
            if len(self._ids) > MOST_PENDING:
                del self._ids[next(iter(self._ids))]
        elif is_from_client and message.method == "notifications/cancelled":
            cancelled = (message.params or {}).get("requestId")
            if isinstance(cancelled, str | int):
                self._ids.pop(cancelled, None)
        elif not is_from_client and message.kind in (Kind.RESULT, Kind.ERROR):
            self._ids.pop(message.id, None)

    @property
    def ids(self) -> list[RequestId]:
        """The ids of the requests, in the order in which they were sent."""
        return list(self._ids)
