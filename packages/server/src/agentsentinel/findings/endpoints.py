"""/findings, and those of one agent."""

from enum import Enum
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.route import READERS, AuthorizedRoute, Caller, allow
from agentsentinel.findings import service
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.schemas import FindingOfAgentOut, FindingOut, FindingPatch, FindingStepOut, RuleOut
from agentsentinel.kit.ids import now
from agentsentinel.kit.pages import decode_cursor, encode_cursor
from agentsentinel.kit.text import Text
from agentsentinel.platform import PlatformDep, Session
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import ruleset
from agentsentinel_core.posture.score import POINTS

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


@router.get("/findings")
@allow(*READERS)
async def list_all_findings(
    session: Session,
    request: Request,
    response: Response,
    status: FindingStatus | None = None,
    severity: Severity | None = None,
    rule_id: Annotated[Text | None, Query(max_length=64)] = None,
    owner_team: Annotated[Text | None, Query(max_length=128)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> list[FindingOfAgentOut]:
    """Findings of all agents, newest first. The Link header names the next page."""
    before = decode_cursor(cursor) if cursor is not None else None
    filters = service.FindingFilters(status, severity, rule_id, owner_team)
    found = await service.list_all(session, filters, limit, before)
    if len(found) == limit:
        given = {name: value for name, value in filters._asdict().items() if value is not None}
        query = {name: value.value if isinstance(value, Enum) else value for name, value in given.items()}
        query |= {"limit": str(limit), "cursor": encode_cursor(found[-1].created_at, found[-1].id)}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
    return found


@router.patch("/findings/{finding_id}")
@allow(KeyScope.ADMIN)
async def decide(finding_id: UUID, decision: FindingPatch, caller: Caller, session: Session) -> FindingOut:
    """Acknowledge, snooze, resolve or reopen a finding."""
    return FindingOut.model_validate(await service.decide(session, finding_id, decision, caller.key_id, now()))


@router.get("/findings/{finding_id}/history")
@allow(*READERS)
async def list_steps(finding_id: UUID, session: Session) -> list[FindingStepOut]:
    """What happened to a finding, newest first: when it opened, who decided what, until when."""
    return [FindingStepOut.model_validate(row) for row in await service.list_steps(session, finding_id)]


@router.get("/rules")
@allow(*READERS)
async def list_rules(platform: PlatformDep) -> list[RuleOut]:
    """The posture rules in force, with why and what to do."""
    return [
        RuleOut(
            id=rule.id,
            severity=rule.severity,
            title=rule.title,
            rationale=rule.rationale,
            remediation=rule.remediation,
            references=list(rule.references),
            points=POINTS[rule.severity],
        )
        for rule in ruleset(platform.settings.posture_ruleset)
    ]
