"""POST /api/v1/events and /events/batch as plain ASGI, without FastAPI: they are nearly all of the traffic.

A single event with a cached key and a valid body takes the fast path (`wire/fast_path.py`); everything else, and every
refusal, is an ordinary ASGI request.

The order of checks is that of every endpoint: authenticate, check the scope, then read the body.
"""

from collections.abc import Sequence
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.errors import NO_KEY, Forbidden, ServiceError, Unauthenticated, Unavailable, UnsupportedMedia
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.admission import Admission, agent_of, count_events
from agentsentinel.ingest.event import (
    BatchAnswer,
    EventRefused,
    EventReport,
    Refused,
    ScoredEvent,
    decode_batch,
    decode_event,
    encode,
)
from agentsentinel.ingest.event_counts import REASON_OF_STATUS, EventCounts, reason_of
from agentsentinel.ingest.group import Answer, Outcome
from agentsentinel.ingest.judge import UNKNOWN_AGENT
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.wire import answers
from agentsentinel.wire.body import ClientGone, body_limit, read_body
from agentsentinel.wire.fast_path import FastHandler, Respond
from agentsentinel.wire.head import Headers, read_head
from agentsentinel.wire.problems import MEDIA_TYPE, problem

EVENT_PATH = "/api/v1/events"
BATCH_PATH = "/api/v1/events/batch"
MAX_FAST_BYTES = 16 * 1024
"""Size limit of the fast path; a larger body takes the ASGI path, which can apply back pressure to a client."""
VANISHED = Refused(403, "The agent that this key is bound to does not exist any more")

JSON_HEADERS = [(b"content-type", b"application/json"), *answers.JSON_HEADERS]
PROBLEM_HEADERS = [(b"content-type", MEDIA_TYPE.encode()), *answers.JSON_HEADERS]

Response = tuple[int, Headers, bytes]
"""HTTP status, headers and body of an answer."""


class IngestRoute:
    """ASGI middleware that answers the two reporting routes and passes all other requests to `app`."""

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        admission: Admission,
        acceptance: Acceptance,
        pipeline: Pipeline,
        event_counts: EventCounts,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._admission = admission
        self._acceptance = acceptance
        self._pipeline = pipeline
        self._event_counts = event_counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in (EVENT_PATH, BATCH_PATH):
            await self._app(scope, receive, send)
            return
        try:
            status, headers, body = await self._answer(scope, receive)
        except ServiceError as error:
            status, headers, body = self._refuse(error)
        except ClientGone:
            return
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    def fast_handler(self, scope: Scope) -> FastHandler | None:
        """Return the handler for a request with these headers, or None if it cannot take the fast path."""
        if scope["path"] != EVENT_PATH or scope["method"] != "POST":
            return None
        try:
            head = read_head(scope["headers"])
        except Unauthenticated:
            return None
        if (
            head.key is None
            or not head.is_json
            or head.is_encoded
            or head.has_origin
            or not 0 < (head.length or 0) <= MAX_FAST_BYTES
        ):
            return None
        return partial(self._take_in, self._authenticator.digest(head.key))

    def _take_in(self, digest: bytes, body: bytes, respond: Respond) -> bool:
        """Accept one event without a task of its own.

        Returns False, without any effect, when the key is not cached or the event would be refused: then the request
        takes the ASGI path.
        """
        principal = self._authenticator.recall(digest)
        if principal is None or principal.scope is KeyScope.READONLY:
            return False
        try:
            report = decode_event(body)
            if self._acceptance.refusal(principal, report) is not None:
                return False
            self._pipeline.submit((report,), partial(self._respond, principal, respond))
        except ServiceError:
            return False
        return True

    def _respond(self, principal: Principal, respond: Respond, outcome: Outcome) -> None:
        try:
            if isinstance(outcome, Exception):
                raise outcome
            status, headers, body = self._accept(principal, outcome[0])
        except ServiceError as error:
            status, headers, body = self._refuse(error)
        respond(status, headers, body)

    def _refuse(self, error: ServiceError) -> Response:
        self._event_counts.reject(reason_of(error))
        headers = [
            *PROBLEM_HEADERS,
            *((name.lower().encode(), value.encode()) for name, value in error.headers.items()),
        ]
        return error.status, headers, encode(problem(error.status, error.detail))

    def _accept(self, principal: Principal, answer: Answer) -> Response:
        answer = _as_seen_by(principal, answer)
        if isinstance(answer, Refused):
            raise EventRefused(answer)
        self._event_counts.received += 1
        scored = ScoredEvent(answer.event_id, answer.anomaly_score, answer.reasons, answer.timestamp)
        return 201, JSON_HEADERS, encode(scored)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        head = read_head(scope["headers"])
        principal = await self._authenticate(head.key, scope)
        if principal.scope is KeyScope.READONLY:
            raise Forbidden("A key with the scope readonly may not report events")
        if not head.is_json:
            raise UnsupportedMedia("Send JSON, with Content-Type: application/json")
        if head.is_encoded:
            raise UnsupportedMedia("Send the body uncompressed, without Content-Encoding")
        with self._admission.hold(principal, body_limit(scope["path"]) if head.length is None else head.length):
            body = await read_body(receive)
            if scope["path"] == EVENT_PATH:
                return await self._report_one(principal, body)
            async with self._admission.batches.turn(agent_of(principal, body), count_events(body)):
                return await self._report_batch(principal, body)

    async def _authenticate(self, key: bytes | None, scope: Scope) -> Principal:
        if key is None:
            raise Unauthenticated(NO_KEY)
        principal = self._authenticator.remembered(key)
        if principal is not None:
            return principal
        try:
            return await self._authenticator.authenticate(key, scope)
        except ServiceError:
            raise
        except Exception as error:
            if is_database_unavailable(error):
                raise Unavailable("The database cannot be reached; try again") from None
            raise

    async def _report_one(self, principal: Principal, body: bytes) -> Response:
        report = decode_event(body)
        refused = self._acceptance.refusal(principal, report)
        if refused is not None:
            raise EventRefused(refused)
        return self._accept(principal, (await self._pipeline.store((report,)))[0])

    async def _report_batch(self, principal: Principal, body: bytes) -> Response:
        items = [self._check(principal, item) for item in decode_batch(body)]
        reports = [item for item in items if isinstance(item, EventReport)]
        try:
            answers = iter(await self._pipeline.store(reports) if reports else ())
        except Unavailable:
            # Only here every event of a request is counted; the caller's `reject` adds the first one.
            self._event_counts.reject(REASON_OF_STATUS[503], len(items) - 1)
            raise
        results = [_as_seen_by(principal, next(answers)) if isinstance(item, EventReport) else item for item in items]
        self._count(results)
        return 200, JSON_HEADERS, encode(BatchAnswer(results))

    def _check(self, principal: Principal, item: EventReport | Refused) -> EventReport | Refused:
        if isinstance(item, Refused):
            return item
        return self._acceptance.refusal(principal, item) or item

    def _count(self, results: Sequence[Answer]) -> None:
        for result in results:
            if isinstance(result, Refused):
                self._event_counts.reject(REASON_OF_STATUS.get(result.status, "invalid"))
            else:
                self._event_counts.received += 1


def _as_seen_by(principal: Principal, answer: Answer) -> Answer:
    """Answer 403 instead of 404 to an agent key whose agent was removed, as for any agent that is not its own."""
    if answer is UNKNOWN_AGENT and principal.scope is KeyScope.AGENT:
        return VANISHED
    return answer
