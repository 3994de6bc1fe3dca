"""Endpoint that takes what was found on hosts."""

from fastapi import APIRouter

from agentsentinel.auth.authorization import AuthorizedRoute, CurrentActor, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import Session
from agentsentinel.discoveries import service
from agentsentinel.discoveries.schemas import DiscoveryIn, DiscoveryResult

router = APIRouter(prefix="/discoveries", tags=["discoveries"], route_class=AuthorizedRoute)


@router.post("")
@require_scopes(KeyScope.ADMIN)
async def take_discoveries(found: DiscoveryIn, session: Session, who: CurrentActor) -> list[DiscoveryResult]:
    """Take the agents that were found on a host into the inventory. Repeating it updates them and adds none."""
    return await service.take_discoveries(session, found, who)
