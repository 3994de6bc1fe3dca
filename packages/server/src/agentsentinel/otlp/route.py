"""POST /v1/traces: OTLP over HTTP, the protocol of OpenTelemetry exporters.

The order of checks is that of every endpoint: authenticate, check the scope, then read the body. The answer follows
OTLP: it has the encoding of the request; 200 once all events are durable, with `partial_success` for spans that can
never be stored; a `google.rpc.Status` for a request that failed as a whole, with Retry-After if the exporter should
retry.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from agentsentinel.agents.service import find_identities
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.errors import NO_KEY, Forbidden, ServiceError, Unauthenticated, Unavailable, UnsupportedMedia
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.admission import Admission
from agentsentinel.ingest.event import MAX_BATCH, EventReport, Refused, encode
from agentsentinel.ingest.event_counts import REASON_OF_STATUS, EventCounts, reason_of
from agentsentinel.ingest.group import Answer
from agentsentinel.ingest.judge import UNKNOWN_AGENT
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.otlp.agents import AgentDirectory
from agentsentinel.otlp.bounds import MAX_BYTES
from agentsentinel.otlp.export import Encoding, Export, read_export
from agentsentinel.otlp.tool_calls import ToolCall, event_id
from agentsentinel.wire.body import ClientGone, read_body
from agentsentinel.wire.head import Head, Headers, bearer_token, read_head
from agentsentinel.wire.problems import MEDIA_TYPE, problem

log = structlog.get_logger(__name__)

TRACES_PATH = "/v1/traces"
INLINE_BYTES = 32 * 1024
"""A larger body, and every compressed one, is decoded on a thread."""
MAX_REASONS = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RPC_CODES = {400: 3, 401: 16, 403: 7, 408: 4, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}
"""The gRPC code (google/rpc/code.proto) of each HTTP status."""

NO_AGENT = Refused(
    404,
    "no registered agent has the name these spans give (gen_ai.agent.name, or service.name of the process): register"
    " it, set OTEL_SERVICE_NAME to the name of a registered agent, or send the agent's own API key",
)
AMBIGUOUS = Refused(
    409,
    "several agents have the name these spans give: send the agent's own API key, or its id as gen_ai.agent.id in"
    " OTEL_RESOURCE_ATTRIBUTES",
)
VANISHED = Refused(403, "the agent that this key is bound to does not exist any more")

Response = tuple[int, dict[str, str], bytes]
"""HTTP status, headers and body of an answer."""


class TracesRoute:
    """ASGI middleware that answers `TRACES_PATH` and passes all other requests to `app`."""

    def __init__(
        self,
        app: ASGIApp,
        database: Database,
        authenticator: Authenticator,
        admission: Admission,
        acceptance: Acceptance,
        pipeline: Pipeline,
        event_counts: EventCounts,
        hash_key: bytes | None = None,
    ) -> None:
        self._app = app
        self._database = database
        self._authenticator = authenticator
        self._admission = admission
        self._acceptance = acceptance
        self._pipeline = pipeline
        self._event_counts = event_counts
        self._hash_key = hash_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != TRACES_PATH:
            await self._app(scope, receive, send)
            return
        encoding = None
        try:
            head = read_head(scope["headers"])
            encoding = _encoding(head)
            status, headers, body = await self._answer(head, encoding, scope, receive)
        except ClientGone:
            return
        except Exception as error:
            status, headers, body = self._refuse(error, encoding or _announced(scope["headers"]))
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        raw.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    def _refuse(self, error: Exception, encoding: Encoding | None) -> Response:
        if not isinstance(error, ServiceError):
            error = _as_service_error(error)
        if not isinstance(error, Unavailable):  # `_store` has counted the spans of those already
            self._event_counts.reject(reason_of(error))
        if encoding is None:
            return (
                error.status,
                {**error.headers, "Content-Type": MEDIA_TYPE},
                encode(problem(error.status, error.detail)),
            )
        body = encoding.value.write_status(RPC_CODES.get(error.status, 2), error.detail)
        return error.status, {**error.headers, "Content-Type": encoding.value.media_type}, body

    async def _answer(self, head: Head, encoding: Encoding | None, scope: Scope, receive: Receive) -> Response:
        principal = await self._authenticate(bearer_token(head) if head.key is None else head.key, scope)
        if principal.scope is KeyScope.READONLY:
            raise Forbidden("A key with the scope readonly may not report spans")
        if encoding is None:
            raise UnsupportedMedia("Send application/x-protobuf or application/json")
        if head.content_encoding not in {b"", b"identity", b"gzip"}:
            raise UnsupportedMedia("Content-Encoding: gzip or none")
        with self._admission.hold(principal, MAX_BYTES if head.length is None else min(head.length, MAX_BYTES)):
            body = await read_body(receive)
            export = await self._read(principal, body, encoding, head.content_encoding == b"gzip")
            del body
            rejected = await self._store(principal, export)
        return self._report_rejected(rejected, export.not_understood, encoding)

    async def _authenticate(self, key: bytes | None, scope: Scope) -> Principal:
        if key is None:
            raise Unauthenticated(NO_KEY)
        return await self._authenticator.authenticate(key, scope)

    async def _read(self, principal: Principal, body: bytes, encoding: Encoding, is_compressed: bool) -> Export:
        if len(body) <= INLINE_BYTES and not is_compressed:
            return read_export(body, encoding, self._hash_key, is_compressed=False)
        async with self._admission.exports.turn(principal.key_id):
            return await asyncio.to_thread(read_export, body, encoding, self._hash_key, is_compressed=is_compressed)

    async def _store(self, principal: Principal, export: Export) -> Counter[str]:
        """Store all calls; return the reasons why some can never be stored, with counts.

        Raises Unavailable when the exporter should retry. The calls that were stored before that are deduplicated by
        their ids when they are sent again.
        """
        rejected = Counter(export.invalid)
        self._event_counts.reject("invalid", len(export.invalid))
        waiting = len(export.calls)
        try:
            reports: list[EventReport] = []
            for item in await self._attribute(principal, export.calls):
                refused = item if isinstance(item, Refused) else self._acceptance.refusal(principal, item)
                if refused is None and isinstance(item, EventReport):
                    reports.append(item)
                elif refused is not None:
                    waiting -= self._count(rejected, refused)
            for first in range(0, len(reports), MAX_BATCH):
                for answer in await self._store_batch(reports[first : first + MAX_BATCH]):
                    if isinstance(answer, Refused):
                        is_vanished = answer is UNKNOWN_AGENT and principal.scope is KeyScope.AGENT
                        waiting -= self._count(rejected, VANISHED if is_vanished else answer)
                    else:
                        self._event_counts.received += 1
                        waiting -= 1
        except Exception as error:
            if isinstance(error, Unavailable) or is_database_unavailable(error):
                self._event_counts.reject(REASON_OF_STATUS[503], waiting)
            raise
        return rejected

    async def _store_batch(self, reports: Sequence[EventReport]) -> Sequence[Answer]:
        async with self._admission.batches.turn(reports[0].agent_id, len(reports)):
            return await self._pipeline.store(reports)

    def _count(self, rejected: Counter[str], refused: Refused) -> int:
        self._event_counts.reject(REASON_OF_STATUS.get(refused.status, "invalid"))
        rejected[refused.detail] += 1
        return 1

    async def _attribute(self, principal: Principal, calls: Sequence[ToolCall]) -> list[EventReport | Refused]:
        """Convert each call to an event of its agent, or to a refusal if its agent cannot be determined."""
        if principal.agent_id is not None:
            return [_report(call, principal.agent_id) for call in calls]
        names = sorted({name for call in calls for name in call.agents})
        if not names:
            return [NO_AGENT for _ in calls]
        async with self._database.transaction(REQUEST_SECONDS) as session:
            directory = AgentDirectory(await find_identities(session, names))
        items: list[EventReport | Refused] = []
        for call in calls:
            found = directory.find(call.agents)
            items.append(_report(call, found[0]) if len(found) == 1 else AMBIGUOUS if found else NO_AGENT)
        return items

    def _report_rejected(self, rejected: Counter[str], not_understood: Counter[str], encoding: Encoding) -> Response:
        codec = encoding.value
        words = [_in_words(rejected)] if rejected else []
        if not_understood:
            self._event_counts.spans_not_understood += not_understood.total()
            words.append(f"tool spans in an unknown vocabulary, not stored: {_in_words(not_understood)}")
        body = codec.write_answer(rejected.total(), "; ".join(words))
        if words:
            # Many exporters do not show the answer to their users.
            log.warning("spans_rejected", spans=(rejected + not_understood).total(), reasons="; ".join(words))
        return 200, {"Content-Type": codec.media_type}, body


def _report(call: ToolCall, agent_id: UUID) -> EventReport:
    return EventReport(
        agent_id=agent_id,
        tool_name=call.tool_name,
        input_hash=call.input_hash,
        output_hash=call.output_hash,
        duration_ms=call.duration_ms,
        session_id=call.session_id,
        tool_call_id=call.tool_call_id,
        status=call.status,
        event_id=event_id(call, agent_id),
        timestamp=EPOCH + timedelta(microseconds=call.start_ns // 1000),
        channel="otlp",
        trace_id=call.trace_id.hex(),
        span_id=call.span_id.hex(),
        operation=call.operation,
    )


def _in_words(rejected: Counter[str]) -> str:
    common = rejected.most_common(MAX_REASONS)
    words = [f"{count} x {reason}" for reason, count in common]
    if len(rejected) > len(common):
        words.append("and more")
    return "; ".join(words)


def _as_service_error(error: Exception) -> ServiceError:
    if is_database_unavailable(error):
        return Unavailable("The database cannot be reached; try again")
    log.error("request_failed", path=TRACES_PATH, exc_info=error)
    return ServiceError("Something failed in the server; its log says what")


def _encoding(head: Head) -> Encoding | None:
    """Return the encoding of the Content-Type header, or None if it is missing or not supported."""
    return Encoding.named(head.media_type.decode("latin-1"))


def _announced(headers: Headers) -> Encoding | None:
    """Return the encoding of a request whose head was refused for its keys."""
    return _encoding(read_head([header for header in headers if header[0] == b"content-type"]))
