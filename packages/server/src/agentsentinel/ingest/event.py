"""Schemas of reported events and of the answers to them. They are msgspec structs, because this is the hot path.

Only metadata and digests are accepted; there is no field for content, and unknown members are ignored.
"""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agentsentinel.errors import NOT_JSON, Invalid, ServiceError
from agentsentinel.kit.text import repair_json
from agentsentinel_core.limits import LONGEST_DURATION_MS
from agentsentinel_core.uuid7 import is_uuid7

MAX_BATCH = 1000
NUL_ESCAPE = b"\\u0000"
"""PostgreSQL stores no NUL in text; in JSON it can only be written like this."""

Digest = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}\\Z", description="64 lower-case hex digits: a SHA-256 or HMAC-SHA256")
]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
EventStatus = Literal["ok", "error", "denied"]
Channel = Literal["api", "sdk", "shim", "otlp", "hook"]
"""What reported a call: a direct API request, the SDK, the MCP shim, an OTLP span, or a hook of the agent's client."""
Decision = Literal["allow", "deny"]
"""What a policy decided about a call."""


class EventReport(msgspec.Struct, gc=False):
    """One tool call as a client reports it."""

    agent_id: uuid.UUID
    tool_name: Name
    input_hash: Digest
    output_hash: Digest
    duration_ms: Annotated[int, Meta(ge=0, le=LONGEST_DURATION_MS, description="Milliseconds")] | None = None
    session_id: Annotated[str, Meta(max_length=255)] | None = None
    tool_call_id: Annotated[str, Meta(max_length=255)] | None = None
    status: EventStatus = "ok"
    event_id: Annotated[uuid.UUID, Meta(description="UUID version 7; a repeat gets the first answer")] | None = None
    timestamp: Annotated[datetime, Meta(tz=True, description="When the call was made; default: now")] | None = None
    channel: Annotated[Channel, Meta(description="What reports the call; several channels' reports count once")] = "api"
    trace_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}\\Z", description="The trace of the call")] | None = None
    span_id: Annotated[str, Meta(pattern="^[0-9a-f]{16}\\Z", description="The span of the call")] | None = None
    server_name: Annotated[str, Meta(min_length=1, max_length=255, description="The tool's MCP server")] | None = None
    operation: (
        Annotated[
            str,
            Meta(
                pattern="^[a-z0-9_.+-]{1,64}\\Z",
                description="What the call does with its tool: a program, an action, an SQL verb; never an argument",
            ),
        ]
        | None
    ) = None
    decision: Decision | None = None
    would_block: Annotated[bool, Meta(description="Whether a policy would deny it if it were enforced")] = False
    policy_rule: Annotated[str, Meta(min_length=1, max_length=255, description="The rule that decided")] | None = None


class BatchReport(msgspec.Struct):
    """Up to 1,000 tool calls, in the order they were made."""

    events: Annotated[list[EventReport], Meta(min_length=1, max_length=MAX_BATCH)]


class RawBatch(msgspec.Struct):
    """A batch whose events are not decoded yet, so that one invalid event does not refuse the others."""

    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_BATCH)]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One reason why a call is unusual: the detector, its score (0..1), and a message for people."""

    detector: str
    score: float
    message: str


class ScoredEvent(msgspec.Struct, frozen=True, gc=False):
    """The answer to one stored event."""

    event_id: uuid.UUID
    anomaly_score: float
    reasons: Sequence[Reason]
    timestamp: datetime


class Stored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to one event of a batch that is stored, now or by an earlier request (`duplicate`)."""

    status: int = 201
    event_id: uuid.UUID
    anomaly_score: float
    reasons: Sequence[Reason]
    timestamp: datetime
    duplicate: bool = False


class Refused(msgspec.Struct, frozen=True):
    """The answer to one event that is not stored, and would be refused again if it were sent unchanged."""

    status: int
    detail: str


class BatchAnswer(msgspec.Struct, frozen=True):
    """One answer per event, in the order of the request."""

    results: list[Stored | Refused]


_event_decoder = msgspec.json.Decoder(EventReport)
_batch_decoder = msgspec.json.Decoder(BatchReport)
_raw_batch_decoder = msgspec.json.Decoder(RawBatch)
encode = msgspec.json.Encoder().encode


class EventRefused(ServiceError):
    """The only event of a request is refused: the same words and status as in a batch, as an error."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.status = refused.status


def decode_event(body: bytes | msgspec.Raw) -> EventReport:
    """Decode and validate one event; text that is not valid Unicode is repaired. Raises Invalid."""
    try:
        report = _event_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        repaired = repair_json(bytes(body))
        if repaired == bytes(body):
            raise _invalid(error) from None
        return decode_event(repaired)
    if NUL_ESCAPE in bytes(body):
        _refuse_nul(report)
    if report.event_id is not None and not is_uuid7(report.event_id):
        raise Invalid("event_id: a UUID of version 7 is needed, so that it carries its time")
    return report


def decode_batch(body: bytes) -> list[EventReport | Refused]:
    """Decode a batch; each event is accepted or refused on its own. Raises Invalid if the body is not a batch."""
    try:
        batch = _batch_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _decode_one_by_one(repair_json(body))
    if NUL_ESCAPE in body or any(
        report.event_id is not None and not is_uuid7(report.event_id) for report in batch.events
    ):
        return _decode_one_by_one(body)
    return list(batch.events)


def _decode_one_by_one(body: bytes) -> list[EventReport | Refused]:
    try:
        batch = _raw_batch_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _invalid(error) from None
    events: list[EventReport | Refused] = []
    for raw in batch.events:
        try:
            events.append(decode_event(raw))
        except Invalid as error:
            events.append(Refused(error.status, error.detail))
    return events


def _refuse_nul(report: EventReport) -> None:
    for field in ("tool_name", "session_id", "tool_call_id", "server_name", "policy_rule"):
        if "\0" in (getattr(report, field) or ""):
            raise Invalid(f"{field}: must not contain NUL")


def _invalid(error: Exception) -> Invalid:
    if not isinstance(error, msgspec.ValidationError):
        return Invalid(NOT_JSON)
    message, _, path = str(error).partition(" - at ")
    where = re.sub(r"^`\$\.?|`$", "", path) or "body"
    return Invalid(f"{where[:200]}: {message[:300]}")
