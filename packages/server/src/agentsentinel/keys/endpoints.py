"""Endpoints of API keys."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from agentsentinel.auth.authorization import EVERYBODY, AuthorizedRoute, CurrentActor, CurrentPrincipal, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import Platform, PlatformDep, Session
from agentsentinel.errors import BadRequest, Forbidden, Unauthenticated
from agentsentinel.keys import repository, service
from agentsentinel.keys.schemas import KeyIn, KeyOut, NewKeyOut, OwnKeyOut, RotationIn
from agentsentinel.kit.ids import now
from agentsentinel.kit.windows import Window
from agentsentinel.models import AgentRow, KeyRow
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page

router = APIRouter(prefix="/keys", tags=["keys"], route_class=AuthorizedRoute)


@router.post("", status_code=201)
@require_scopes(KeyScope.ADMIN)
async def create_key(
    key: KeyIn, session: Session, platform: PlatformDep, who: CurrentActor, response: Response
) -> NewKeyOut:
    """Create a key. Its text is in this answer and nowhere else."""
    new = service.NewKey(key.name, key.scope, key.agent_id, key.expires_at)
    made = await service.create_key(session, platform.authenticator.secret, new, now(), who)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut.made(made)


@router.get("")
@require_scopes(KeyScope.ADMIN)
async def list_keys(
    session: Session,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    cursor: Cursor = None,
    include_revoked: bool = False,
    agent_id: UUID | None = None,
) -> list[KeyOut]:
    """List live keys, newest first; with `agent_id`, those bound to that agent. The Link header names the next page."""
    moment = now()
    window = Window(limit, offset, decode_cursor(cursor) if cursor is not None else None)
    rows = await repository.list_keys(session, moment, window, include_revoked=include_revoked, agent_id=agent_id)
    cursor_of_next = next_cursor(rows, limit, lambda last: encode_cursor(last.created_at, last.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return [KeyOut.of(row, moment) for row in rows]


@router.get("/self")
@require_scopes(*EVERYBODY)
async def get_own_key(caller: CurrentPrincipal, session: Session) -> OwnKeyOut:
    """Describe the calling key: its name, its scope, and the agent that it is bound to."""
    row = await session.get(KeyRow, caller.key_id)
    if row is None:
        raise Unauthenticated
    if caller.scope is KeyScope.AGENT and await session.get(AgentRow, caller.agent_id) is None:
        raise Forbidden("The agent that this key is bound to does not exist any more")
    return OwnKeyOut.model_validate(row)


@router.delete("/{key_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def revoke_key(key_id: UUID, caller: CurrentPrincipal, platform: PlatformDep, who: CurrentActor) -> None:
    """Revoke a key and all sessions signed in with it: at once in this process, within seconds in every other."""
    if key_id == caller.key_id:
        raise BadRequest("A key cannot revoke itself: use another key")
    async with platform.database.transaction() as session:
        await service.revoke_key(session, key_id, now(), who)
    _forget(platform, key_id)


@router.post("/{key_id}/rotate", status_code=201)
@require_scopes(KeyScope.ADMIN)
async def rotate_key(
    key_id: UUID, platform: PlatformDep, who: CurrentActor, response: Response, rotation: RotationIn | None = None
) -> NewKeyOut:
    """Create a key that replaces another one; the old key stays valid for `overlap_seconds`, by default a day."""
    rotation = rotation or RotationIn()
    overlap, secret = timedelta(seconds=rotation.overlap_seconds), platform.authenticator.secret
    async with platform.database.transaction() as session:
        made = await service.rotate_key(session, secret, key_id, overlap, rotation.expires_at, now(), who)
    if not overlap:
        _forget(platform, key_id)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut.made(made)


def _forget(platform: Platform, key_id: UUID) -> None:
    platform.authenticator.forget(key_id)
    platform.sessions.forget_key(key_id)
