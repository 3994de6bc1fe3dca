"""Endpoints of the destinations of alerts: list them, and send a test."""

from fastapi import APIRouter

from agentsentinel.alerts import service
from agentsentinel.alerts.schemas import DestinationOut, TestResultOut
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.database import REQUEST_SECONDS
from agentsentinel.kit.ids import now

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=AuthorizedRoute)


@router.get("")
@require_scopes(*READERS)
async def list_destinations(platform: PlatformDep, session: Session) -> list[DestinationOut]:
    """List the configured destinations of alerts and exports, with counts of the last 30 days and the last error."""
    return await service.describe(session, platform.outbox.destinations)


@router.post("/test")
@require_scopes(KeyScope.ADMIN)
async def send_test(platform: PlatformDep, who: CurrentActor) -> list[TestResultOut]:
    """Send a test event to every destination now, and return what each answered; at most once in 10 seconds."""
    results = await platform.outbox.send_tests(now())
    # A transaction of its own, since receivers may take longer than a request's.
    async with platform.database.transaction(REQUEST_SECONDS) as session:
        outcomes = "; ".join(f"{result.destination}: {result.detail}" for result in results)
        audit.record(session, who, Action.ALERTS_TESTED, now(), detail=outcomes)
    return results
