"""Endpoints that list events and sessions, and the live stream. Reporting events is the hot path, see `ingest/`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.authenticator import TRUST_SECONDS
from agentsentinel.auth.authorization import (
    READERS,
    AuthorizedRoute,
    CurrentPrincipal,
    authenticate_request,
    require_scopes,
)
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import Platform, PlatformDep, Session
from agentsentinel.errors import NotFound, Unauthenticated
from agentsentinel.events import repository
from agentsentinel.events.repository import Place
from agentsentinel.events.schemas import (
    EventDetailOut,
    EventFilters,
    EventOut,
    ReasonOut,
    RunOut,
    SessionOrder,
    Status,
    TestEventIn,
    TestEventOut,
)
from agentsentinel.ingest.event import Channel, EventReport, Reason, Refused
from agentsentinel.ingest.feed import Listener, StoredEvent
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.text import Text
from agentsentinel.models import AgentSessionRow
from agentsentinel.session_risk.repository import count_sessions, find_by_client_ids, list_riskiest
from agentsentinel.session_risk.schemas import RiskReasonOut
from agentsentinel.session_risk.service import count_missing, is_counted
from agentsentinel.wire.pages import (
    TOTAL_COUNT,
    Cursor,
    decode_cursor,
    decode_ranked,
    encode_cursor,
    encode_ranked,
    next_cursor,
    next_page,
)
from agentsentinel.wire.time_query import Times

router = APIRouter(prefix="/events", tags=["events"], route_class=AuthorizedRoute)
of_agent = APIRouter(tags=["events"], route_class=AuthorizedRoute)

KEEP_ALIVE_SECONDS = 15.0
GATHER_SECONDS = 0.1
"""Pause between two sends of a stream; events that come meanwhile are sent together, at most ten times a second."""
CATCH_UP_LIMIT = 1_000


def _filters(
    span: Times,
    agent_id: UUID | None = None,
    owner_team: Annotated[Text | None, Query(max_length=128)] = None,
    tool_name: Annotated[Text | None, Query(max_length=255)] = None,
    status: Status | None = None,
    channel: Channel | None = None,
    session_id: Annotated[Text | None, Query(max_length=255)] = None,
    min_anomaly_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    q: Annotated[
        Text | None,
        Query(max_length=300, description="Words that all occur in the event's names, ids and reasons"),
    ] = None,
) -> EventFilters:
    return EventFilters(
        agent_id,
        owner_team,
        tool_name,
        status,
        channel,
        session_id,
        min_anomaly_score,
        span,
        words=tuple((q or "").split()),
    )


@router.get("")
@require_scopes(*READERS)
async def list_events(
    session: Session,
    request: Request,
    response: Response,
    filters: Annotated[EventFilters, Depends(_filters)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> list[EventOut]:
    """List events, newest first. The Link header names the next page, which new events do not shift.

    With `since` and `until`, only those between these times.
    """
    before = decode_cursor(cursor) if cursor is not None else None
    events = await repository.find_events(session, filters, limit, before)
    cursor_of_next = next_cursor(events, limit, lambda last: encode_cursor(last.timestamp, last.event_id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return events


@router.post("/test", status_code=201)
@require_scopes(KeyScope.ADMIN)
async def send_test_event(event: TestEventIn, platform: PlatformDep) -> TestEventOut:
    """Report a test event from the dashboard. Agents report with POST /events."""
    (answer,) = await platform.pipeline.store((EventReport(**event.model_dump()),))
    if isinstance(answer, Refused):
        raise NotFound("There is no agent with this agent_id")
    return TestEventOut(
        event_id=answer.event_id,
        anomaly_score=answer.anomaly_score,
        reasons=_reasons(answer.reasons),
        timestamp=answer.timestamp,
    )


@of_agent.get("/agents/{agent_id}/sessions")
@require_scopes(*READERS)
async def list_runs(
    agent_id: UUID,
    session: Session,
    request: Request,
    response: Response,
    span: Times,
    order: SessionOrder = SessionOrder.LATEST,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> list[RunOut]:
    """List one agent's sessions by the ids that the client gave, the latest first.

    With `order=risk`, list all sessions as the platform divides and judges them, the riskiest first. With `since` and
    `until`, only those with a call in between. The Link header names the next page, and X-Total-Count says how many
    sessions there are; new ones are counted once they are judged, within a second.
    """
    await get_agent(session, agent_id)
    is_learning = await count_missing(session, agent_id) > 0
    if order is SessionOrder.RISK:
        after = decode_ranked(cursor) if cursor is not None else None
        rows = await list_riskiest(session, agent_id, limit, span, after)
        runs = [_judged_run(row, is_learning) for row in rows]
        cursor_of_next = next_cursor(rows, limit, lambda last: encode_ranked(last.risk, last.id))
    else:
        before = decode_cursor(cursor) if cursor is not None else None
        runs, place = await repository.find_runs(session, agent_id, limit, span, before)
        judged = await find_by_client_ids(session, agent_id, [run.session_id for run in runs if run.session_id])
        runs = [run.model_copy(update=_risk_of(judged.get(run.session_id or ""), is_learning)) for run in runs]
        cursor_of_next = encode_cursor(*place) if place is not None else None
    total = await count_sessions(session, agent_id, span, are_named=order is SessionOrder.LATEST)
    response.headers.update({TOTAL_COUNT: str(total), **next_page(request, limit, cursor_of_next)})
    return runs


def _judged_run(row: AgentSessionRow, is_learning: bool) -> RunOut:
    return RunOut(
        session_id=row.session_id,
        started_at=row.started_at,
        ended_at=row.last_at,
        calls=row.calls,
        tools=row.tools,
        max_anomaly_score=row.max_anomaly_score,
        failed_calls=row.failed_calls,
        is_complete=True,
        **_risk_of(row, is_learning),
    )


def _risk_of(row: AgentSessionRow | None, is_learning: bool) -> dict[str, Any]:
    if row is None:
        return {}
    reasons = [RiskReasonOut.model_validate(reason) for reason in row.reasons]
    return {
        "id": row.id,
        "risk": row.risk,
        "is_alarm": is_counted(row, is_learning=is_learning),
        "risk_reasons": reasons,
        "verdict": row.verdict,
        "muted_until": row.muted_until,
    }


@router.get("/stream", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
@require_scopes(*READERS)
async def stream_events(
    request: Request,
    platform: PlatformDep,
    caller: CurrentPrincipal,
    agent_id: UUID | None = None,
    after: Annotated[
        str | None,
        Query(max_length=200, description="Last-Event-ID for browsers, whose EventSource cannot set headers"),
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> StreamingResponse:
    """Stream events as they are stored (server-sent events). With Last-Event-ID, the missed events come first."""
    last = last_event_id or after  # a browser that reconnects by itself sends the newer header with the old address
    place = decode_cursor(last) if last else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    platform.feed.require_room(caller.key_id)
    chunks = _stream(request, platform, caller.key_id, agent_id, place)
    return StreamingResponse(chunks, media_type="text/event-stream", headers=headers)


@router.get("/{event_id}")
@require_scopes(*READERS)
async def get_event(event_id: UUID, session: Session) -> EventDetailOut:
    """Return one event with everything that is stored of it."""
    event = await repository.get_event(session, event_id)
    if event is None:
        raise NotFound("There is no event with this id: it may be past the retention, or its agent deleted")
    return event


async def _stream(
    request: Request, platform: Platform, key_id: UUID, agent_id: UUID | None, after: Place | None
) -> AsyncIterator[str]:
    """Yield the missed events, page by page, then the live ones.

    The listener is opened before the missed events are read, so that no event is lost in between.
    """
    with platform.feed.listen(key_id) as listener:
        yield "retry: 2000\n\n"
        while await _is_live(platform, request):
            missed = await _find_missed(platform, agent_id, after)
            yield "".join(map(_message, missed))
            if len(missed) < CATCH_UP_LIMIT:
                sent = {event.event_id for event in missed}
                async for messages in _live(request, platform, listener, agent_id, sent):
                    yield messages
                return
            after = missed[-1].timestamp, missed[-1].event_id
            await listener.next(0)  # discards the events that the next page contains


async def _live(
    request: Request, platform: Platform, listener: Listener, agent_id: UUID | None, sent: set[UUID]
) -> AsyncIterator[str]:
    quiet_seconds = 0.0
    while not platform.feed.is_closed and await _is_live(platform, request):
        news = await listener.next(TRUST_SECONDS)
        wanted = [one for one in news if agent_id in {None, one.agent_id} and one.answer.event_id not in sent]
        if wanted:
            quiet_seconds = 0.0
            yield "".join(one.written(_write) for one in wanted)
            await asyncio.sleep(GATHER_SECONDS)
        elif not news:
            quiet_seconds += TRUST_SECONDS
            if await request.is_disconnected():
                return
            if quiet_seconds >= KEEP_ALIVE_SECONDS:
                quiet_seconds = 0.0
                yield ": still here\n\n"


async def _is_live(platform: Platform, request: Request) -> bool:
    """Tell whether the stream's key or session is still live; False while the database cannot be asked."""
    try:
        await authenticate_request(platform, request.scope)
    except Unauthenticated:
        return False
    except Exception as error:
        if is_database_unavailable(error):
            return False
        raise
    return True


async def _find_missed(platform: Platform, agent_id: UUID | None, after: Place | None) -> list[EventOut]:
    if after is None:
        return []
    async with platform.database.transaction() as session:
        return await repository.find_events_since(session, agent_id, after, CATCH_UP_LIMIT)


def _event(news: StoredEvent) -> EventOut:
    report, answer = news.report, news.answer
    return EventOut(
        event_id=answer.event_id,
        agent_id=news.agent_id,
        agent_name=news.agent_name,
        tool_name=report.tool_name,
        anomaly_score=answer.anomaly_score,
        reasons=_reasons(answer.reasons),
        status=report.status,
        duration_ms=report.duration_ms,
        session_id=report.session_id,
        tool_call_id=report.tool_call_id,
        timestamp=answer.timestamp,
        channel=report.channel,
        trace_id=report.trace_id,
        span_id=report.span_id,
        server_name=report.server_name,
        operation=report.operation,
        decision=report.decision,
        would_block=report.would_block,
        policy_rule=report.policy_rule,
    )


def _reasons(reasons: Sequence[Reason]) -> list[ReasonOut]:
    return [ReasonOut(detector=one.detector, score=one.score, message=one.message) for one in reasons]


def _write(news: StoredEvent) -> str:
    return _message(_event(news))


def _message(event: EventOut) -> str:
    place = encode_cursor(event.timestamp, event.event_id)
    return f"id: {place}\nevent: tool_call\ndata: {event.model_dump_json()}\n\n"
