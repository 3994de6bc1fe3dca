"""Endpoints of pinned manifests."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from agentsentinel.auth.authorization import (
    READERS,
    AuthorizedRoute,
    CurrentActor,
    CurrentPrincipal,
    require_scopes,
)
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.errors import Forbidden
from agentsentinel.kit.database import REQUEST_SECONDS
from agentsentinel.manifests import service
from agentsentinel.manifests.report import Report
from agentsentinel.manifests.route import ManifestRoute
from agentsentinel.manifests.schemas import DecisionIn, ManifestDetail, ManifestIn, ManifestOut

_PREFIX = "/agents/{agent_id}/manifests"
reports = APIRouter(prefix=_PREFIX, tags=["manifests"], route_class=ManifestRoute)
"""The endpoint whose body is a manifest."""
router = APIRouter(prefix=_PREFIX, tags=["manifests"], route_class=AuthorizedRoute)


@reports.put("")
@require_scopes(KeyScope.ADMIN, KeyScope.AGENT)
async def report_manifest(
    agent_id: UUID, manifest: ManifestIn, caller: CurrentPrincipal, platform: PlatformDep
) -> ManifestOut:
    """State what an MCP server offers the agent. What is seen first is pinned; what differs later is a change.

    The rules run in the same request. Repeating it is harmless.
    """
    if not caller.may_report_for(agent_id):
        raise Forbidden("An agent key may only report for its own agent")
    async with platform.admission.manifests.turn(caller.key_id):
        report = await asyncio.to_thread(Report.of, manifest)
        row = await service.take_report(platform.database, platform.scorer, agent_id, report)
    return ManifestOut.model_validate(row)


@router.get("")
@require_scopes(*READERS)
async def list_manifests(agent_id: UUID, session: Session) -> list[ManifestOut]:
    """List what the MCP servers of an agent offer, by server and principal, without the definitions."""
    return await service.list_manifests(session, agent_id)


@router.get("/{manifest_id}", response_model=ManifestDetail)
@require_scopes(*READERS)
async def get_manifest(agent_id: UUID, manifest_id: UUID, platform: PlatformDep) -> Response:
    """Return what one server offers, what of it is pinned, and the differences."""
    async with platform.database.transaction(REQUEST_SECONDS) as session:
        row = await service.read_manifest(session, agent_id, manifest_id)
    # In a thread and without validation: a manifest may be megabytes.
    content = await asyncio.to_thread(lambda: service.describe(row).model_dump_json())
    return Response(content, media_type="application/json")


@router.post("/{manifest_id}/approve")
@require_scopes(KeyScope.ADMIN)
async def approve_manifest(
    agent_id: UUID, manifest_id: UUID, decision: DecisionIn, session: Session, platform: PlatformDep, who: CurrentActor
) -> ManifestOut:
    """Pin what the server offers now, which the decision names by its digest."""
    row = await service.approve(session, platform.scorer, agent_id, manifest_id, decision, who)
    return ManifestOut.model_validate(row)


@router.post("/{manifest_id}/reject")
@require_scopes(KeyScope.ADMIN)
async def reject_manifest(
    agent_id: UUID, manifest_id: UUID, decision: DecisionIn, session: Session, platform: PlatformDep, who: CurrentActor
) -> ManifestOut:
    """Reject what the server offers now, which the decision names by its digest. The pin stays."""
    row = await service.reject(session, platform.scorer, agent_id, manifest_id, decision, who)
    return ManifestOut.model_validate(row)


@router.delete("/{manifest_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def remove_manifest(
    agent_id: UUID, manifest_id: UUID, session: Session, platform: PlatformDep, who: CurrentActor
) -> None:
    """Forget a manifest. What the server offers next is pinned as it is then."""
    await service.remove(session, platform.scorer, agent_id, manifest_id, who)
