"""/findings, and those of one agent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.route import READERS, AuthorizedRoute, allow
from agentsentinel.findings import service
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.schemas import FindingOut, FindingPatch
from agentsentinel.kit.ids import now
from agentsentinel.platform import Session
from agentsentinel_core.findings import Severity

router = APIRouter(tags=["findings"], route_class=AuthorizedRoute)


@router.get("/agents/{agent_id}/findings")
@allow(*READERS)
async def list_findings(
    agent_id: UUID,
    session: Session,
    status: FindingStatus | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[FindingOut]:
    """One agent's findings, newest first."""
    await get_agent(session, agent_id)
    filters = {"status": status, "severity": severity}
    given = {column: value.value for column, value in filters.items() if value is not None}
    rows = await service.list_findings(session, agent_id, given, limit, offset)
    return [FindingOut.model_validate(row) for row in rows]


@router.patch("/findings/{finding_id}")
@allow(KeyScope.ADMIN)
async def decide(finding_id: UUID, decision: FindingPatch, session: Session) -> FindingOut:
    """Acknowledge, resolve or reopen a finding."""
    return FindingOut.model_validate(await service.decide(session, finding_id, decision, now()))
