"""Endpoints to sign in to the dashboard and out, and to list and revoke sessions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, CurrentPrincipal, require_scopes
from agentsentinel.auth.csrf import COOKIE, signs_of
from agentsentinel.auth.failed_attempts import CredentialKind
from agentsentinel.auth.key_digests import shown_part
from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.public_address import base_path
from agentsentinel.composition import Platform, PlatformDep, Session
from agentsentinel.errors import Forbidden, Unauthenticated
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import now
from agentsentinel.kit.windows import Window
from agentsentinel.models import KeyRow
from agentsentinel.sign_in import repository, service
from agentsentinel.sign_in.schemas import OwnSessionOut, SessionOut, SignIn
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page

public = APIRouter(tags=["sign-in"])
"""Router of the sign-in endpoint, the only one without authentication: its callers have no session yet."""
router = APIRouter(tags=["sign-in"], route_class=AuthorizedRoute)


@public.post("/session", status_code=201)
async def sign_in(
    credentials: SignIn, request: Request, response: Response, session: Session, platform: PlatformDep
) -> OwnSessionOut:
    """Exchange a key, or a link's token, for a session in an HttpOnly cookie."""
    signs = signs_of(request.scope["headers"])
    if not signs.is_own_page:
        raise Forbidden(f"Only the dashboard's own page may sign in. {signs.describe()}")
    browser = service.Browser(request.headers.get("user-agent", ""), platform.failed_attempts.address(request.scope))
    prefix = shown_part((credentials.key or "").encode())
    signed_in = await platform.failed_attempts.attempt(
        request.scope, CredentialKind.SIGN_IN, prefix, lambda: _trade(credentials, session, platform, browser)
    )
    response.set_cookie(
        COOKIE,
        signed_in.token,
        max_age=int(service.SESSION_TIME.total_seconds()),
        httponly=True,
        samesite="strict",
        path=base_path(request.scope) or "/",
        secure=(signs.origin or "").startswith("https://"),
    )
    response.headers["Cache-Control"] = "no-store"
    return _describe(signed_in.key, signed_in.session.id, signed_in.session.expires_at)


async def _trade(
    credentials: SignIn, session: DatabaseSession, platform: Platform, browser: service.Browser
) -> service.SignedIn:
    secret = platform.authenticator.secret
    if credentials.key is not None:
        return await service.sign_in_with_key(session, secret, credentials.key, browser, now())
    return await service.sign_in_with_link(session, secret, credentials.link_token or "", browser, now())


@router.get("/session")
@require_scopes(*READERS)
async def get_session(caller: CurrentPrincipal, session: Session) -> OwnSessionOut:
    """Describe the caller: its key, its scope, and the expiry of its session."""
    if caller.session_id is not None:
        found = await service.find_session(session, caller.session_id)
        return _describe(found.key, found.session.id, found.session.expires_at)
    key = await session.get(KeyRow, caller.key_id)
    if key is None:
        raise Unauthenticated
    return _describe(key, None, None)


@router.delete("/session", status_code=204)
@require_scopes(*READERS)
async def sign_out(
    caller: CurrentPrincipal, platform: PlatformDep, who: CurrentActor, request: Request, response: Response
) -> None:
    """End the session of this request; a request with a key has no session to end."""
    if caller.session_id is not None:
        async with platform.database.transaction() as session:
            await service.sign_out(session, caller.session_id, now(), who)
        platform.sessions.forget(caller.session_id)
    response.delete_cookie(COOKIE, base_path(request.scope) or "/", httponly=True, samesite="strict")


@router.get("/sessions")
@require_scopes(KeyScope.ADMIN)
async def list_sessions(
    caller: CurrentPrincipal,
    session: Session,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    cursor: Cursor = None,
) -> list[SessionOut]:
    """List live sessions, newest first. The Link header names the next page."""
    window = Window(limit, offset, decode_cursor(cursor) if cursor is not None else None)
    rows = await repository.list_sessions(session, now(), window)
    cursor_of_next = next_cursor(rows, limit, lambda last: encode_cursor(last.session.created_at, last.session.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return [
        SessionOut(
            id=found.session.id,
            key_id=found.key.id,
            key_name=found.key.name,
            scope=KeyScope(found.key.scope),
            client=found.session.client,
            created_at=found.session.created_at,
            expires_at=found.session.expires_at,
            is_own=found.session.id == caller.session_id,
        )
        for found in rows
    ]


@router.delete("/sessions/{session_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def revoke_session(session_id: UUID, platform: PlatformDep, who: CurrentActor) -> None:
    """Revoke a session; its browser has to sign in again."""
    async with platform.database.transaction() as session:
        await service.revoke_session(session, session_id, now(), who)
    platform.sessions.forget(session_id)


def _describe(key: KeyRow, session_id: UUID | None, expires_at: datetime | None) -> OwnSessionOut:
    return OwnSessionOut(
        key_id=key.id, key_name=key.name, scope=KeyScope(key.scope), session_id=session_id, expires_at=expires_at
    )
