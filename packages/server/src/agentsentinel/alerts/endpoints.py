"""Endpoints of alerts: their destinations and a test of them, and the routes to them."""

from fastapi import APIRouter

from agentsentinel.alerts import service
from agentsentinel.alerts.schemas import DestinationOut, RouteOut, RoutePreviewOut, RoutesIn, TestResultOut
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


@router.get("/routes")
@require_scopes(*READERS)
async def list_routes(session: Session) -> list[RouteOut]:
    """List the routes: which alerts a destination gets, instead of what its setting says."""
    return await service.list_routes(session)


@router.put("/routes")
@require_scopes(KeyScope.ADMIN)
async def replace_routes(body: RoutesIn, platform: PlatformDep, session: Session, who: CurrentActor) -> list[RouteOut]:
    """Store these routes instead of all that are stored."""
    routes = await service.replace_routes(session, platform.outbox.destinations, body.routes)
    names = ", ".join(sorted({route.destination for route in routes})) or "no destination"
    audit.record(session, who, Action.ALERT_ROUTES_CHANGED, now(), detail=f"{len(routes)} routes, to {names}")
    return routes


@router.post("/routes/preview")
@require_scopes(KeyScope.ADMIN)
async def preview_routes(body: RoutesIn, platform: PlatformDep, session: Session) -> list[RoutePreviewOut]:
    """Say what each destination would have been sent in the last 7 days by these routes. Stores and sends nothing."""
    return await service.preview(session, platform.outbox.destinations, body.routes, now())


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
