"""Endpoint of the enforcement snapshot, with a long poll."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from agentsentinel.auth.authorization import (
    EVERYBODY,
    AuthorizedRoute,
    CurrentPrincipal,
    authenticate_request,
    require_scopes,
)
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.composition import Platform, PlatformDep
from agentsentinel.enforcement.schemas import EnforcementOut
from agentsentinel.enforcement.service import Enforcement, read_enforcement
from agentsentinel.errors import Forbidden, NotFound
from agentsentinel.kit.database import REQUEST_SECONDS
from agentsentinel.kit.text import Text

router = APIRouter(prefix="/agents/{agent_id}", tags=["enforcement"], route_class=AuthorizedRoute)

LONGEST_WAIT_SECONDS = 25


@router.get("/enforcement")
@require_scopes(*EVERYBODY)
async def get_enforcement(
    agent_id: UUID,
    request: Request,
    caller: CurrentPrincipal,
    platform: PlatformDep,
    version: Annotated[Text | None, Query(max_length=64, description="The version that the client has")] = None,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds to wait while `version` is the current one")
    ] = 0,
) -> EnforcementOut:
    """Return what shims enforce for an agent. An agent key may read that of its own agent.

    With `version` and `wait`, the answer comes as soon as the version differs, at the latest after `wait` seconds.
    """
    if caller.scope is KeyScope.AGENT and caller.agent_id != agent_id:
        raise Forbidden("An agent key may only read the enforcement of its own agent")
    current = await _read(platform, caller, agent_id)
    if wait == 0 or current.answer.version != version:
        return current.answer
    await _wait_for_change(platform, request, caller, current, wait)
    # A key may have been revoked meanwhile, and no answer is older than its arrival.
    await authenticate_request(platform, request.scope)
    return (await _read(platform, caller, agent_id)).answer


async def _wait_for_change(
    platform: Platform, request: Request, caller: Principal, current: Enforcement, seconds: int
) -> None:
    """Wait until the version differs. A marker may differ without it, for example after a new score."""
    known, watch = current.answer, platform.enforcement_watch
    until = asyncio.get_running_loop().time() + seconds
    with watch.waiting(known.agent_id, caller.key_id) as waiter:
        while current.answer.version == known.version and await watch.wait_for_change(
            waiter, current.marker, until, request.is_disconnected
        ):
            current = await _read(platform, caller, known.agent_id)


async def _read(platform: Platform, caller: Principal, agent_id: UUID) -> Enforcement:
    """Read in a transaction of its own, so that no connection is held while a client waits."""
    try:
        async with platform.database.transaction(REQUEST_SECONDS) as session:
            return await read_enforcement(session, agent_id)
    except NotFound:
        if caller.scope is KeyScope.AGENT:
            raise Forbidden("The agent that this key is bound to does not exist any more") from None
        raise
