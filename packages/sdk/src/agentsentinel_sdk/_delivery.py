"""One batch of events to the server, and what its answer means for each of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from agentsentinel_sdk._decode import Members
from agentsentinel_sdk._queue import Entry
from agentsentinel_sdk.client import Client
from agentsentinel_sdk.errors import (
    ApiError,
    AuthenticationError,
    PermissionDenied,
    SentinelError,
    UnexpectedAnswer,
    one_line,
)
from agentsentinel_sdk.identity import AgentRegistry, Refusal

_ABOUT_THE_EVENTS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Refusals that another, smaller request may escape. Any other status is about the server or the way to it."""


class Verdict(NamedTuple):
    """What became of one event."""

    is_stored: bool
    detail: str = ""
    """Why it was refused."""
    anomaly_score: float | None = None
    """0..1, when it is stored."""
    is_agent_unknown: bool = False


class Delivery:
    """Sends batches with one client. For one thread."""

    def __init__(self, client: Client, registry: AgentRegistry) -> None:
        self._client = client
        self._registry = registry

    def prepare(self) -> None:
        """Find out who the agent is, if that is not known yet; raises Refusal and the errors of the SDK."""
        self._registry.agent_id(self._client)
        self._registry.state_declared(self._client)

    def send(self, entries: Sequence[Entry]) -> list[Verdict]:
        """One verdict per entry.

        Raises:
            Refusal: the key or the agent is not accepted, now and later.
            SentinelError: nothing is known to have arrived; send all of it again later.
        """
        try:
            verdicts = self._send(entries)
            if any(verdict.is_agent_unknown for verdict in verdicts) and self._registry.forget():
                verdicts = self._send(entries)  # deleted on the server: registered again, under its name
        except (AuthenticationError, PermissionDenied) as error:
            raise Refusal(error) from error
        return verdicts

    def _send(self, entries: Sequence[Entry]) -> list[Verdict]:
        agent_id = self._registry.agent_id(self._client) if any("agent_id" not in e.wire for e in entries) else ""
        self._registry.state_declared(self._client)
        for tool_name in dict.fromkeys(entry.wire["tool_name"] for entry in entries if entry.wants_grant):
            self._registry.grant(self._client, tool_name)
        return self._post(entries, agent_id)

    def _post(self, entries: Sequence[Entry], agent_id: str) -> list[Verdict]:
        events = [entry.wire if "agent_id" in entry.wire else {"agent_id": agent_id, **entry.wire} for entry in entries]
        body = json.dumps({"events": events}, separators=(",", ":")).encode()
        try:
            answer = self._client.post_batch(body)
        except ApiError as error:
            if error.status not in _ABOUT_THE_EVENTS:
                raise
            return self._post_in_halves(entries, agent_id, error)
        results = Members(answer).each("results", _as_object)
        if len(results) != len(entries):
            raise UnexpectedAnswer(f"{len(entries)} events were sent, but {len(results)} answers came")
        return [_verdict(result) for result in results]

    def _post_in_halves(self, entries: Sequence[Entry], agent_id: str, error: SentinelError) -> list[Verdict]:
        if len(entries) == 1:
            return [Verdict(is_stored=False, detail=str(error))]
        middle = len(entries) // 2
        return [*self._post(entries[:middle], agent_id), *self._post(entries[middle:], agent_id)]


def _as_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnexpectedAnswer("expected an object for each event")
    return value


def _verdict(result: dict[str, Any]) -> Verdict:
    status = result.get("status")
    if not isinstance(status, int) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnexpectedAnswer("expected each event to be taken or refused")
    if status < HTTPStatus.BAD_REQUEST:
        score = result.get("anomaly_score")
        return Verdict(is_stored=True, anomaly_score=score if isinstance(score, (int, float)) else None)
    detail = one_line(str(result.get("detail") or "refused"))
    return Verdict(is_stored=False, detail=f"{detail} [{status}]", is_agent_unknown=status == HTTPStatus.NOT_FOUND)
