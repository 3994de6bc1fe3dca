"""Endpoints of findings, of all agents and of one, and of the posture rules."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from agentsentinel.agents.service import get_agent
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, CurrentPrincipal, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.findings import assignment, bulk, export, repository, service
from agentsentinel.findings.export import ExportFormat
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.schemas import (
    OWN,
    AssigneeOut,
    BulkDecisionIn,
    BulkDecisionOut,
    FindingFilters,
    FindingGrouping,
    FindingOfAgentOut,
    FindingOrder,
    FindingOut,
    FindingPatch,
    FindingStepOut,
    FindingSummaryOut,
    RuleOut,
)
from agentsentinel.kit.ids import now
from agentsentinel.kit.text import Text
from agentsentinel.wire.pages import Cursor, next_page
from agentsentinel.wire.time_query import Times
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import ruleset

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in export.MEDIA_TYPES.values()}}
}
"""Answers of an export, as the OpenAPI document describes them."""

router = APIRouter(tags=["findings"], route_class=AuthorizedRoute)


@router.get("/agents/{agent_id}/findings")
@require_scopes(*READERS)
async def list_findings(
    agent_id: UUID,
    session: Session,
    span: Times,
    status: FindingStatus | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[FindingOut]:
    """List one agent's findings, newest first. With `since` and `until`, those that last opened in between."""
    await get_agent(session, agent_id)
    filters = {"status": status, "severity": severity}
    given = {column: value.value for column, value in filters.items() if value is not None}
    rows = await repository.list_findings(session, agent_id, given, limit, offset, span)
    return [FindingOut.model_validate(row) for row in rows]


def _filters(
    opened: Times,
    caller: CurrentPrincipal,
    status: FindingStatus | None = None,
    severity: Severity | None = None,
    rule_id: Annotated[Text | None, Query(max_length=64)] = None,
    owner_team: Annotated[Text | None, Query(max_length=128)] = None,
    agent_id: UUID | None = None,
    q: Annotated[
        Text | None,
        Query(max_length=300, description="Words that all occur in the finding's texts or its agent's name or team"),
    ] = None,
    assignee: Annotated[
        Text | None,
        Query(max_length=255, description="Name of the assignee; `none`: without one; `me`: the caller's"),
    ] = None,
    overdue: Annotated[
        bool, Query(description="Only those that are past their due date, in UTC, and not resolved")
    ] = False,
) -> FindingFilters:
    return FindingFilters(
        status,
        severity,
        rule_id,
        owner_team,
        agent_id,
        opened,
        words=tuple((q or "").split()),
        assignee=caller.key_name if assignee == OWN else assignee,
        due_before=now().date() if overdue else None,
    )


Filters = Annotated[FindingFilters, Depends(_filters)]


@router.get("/findings")
@require_scopes(*READERS)
async def list_all_findings(
    session: Session,
    request: Request,
    response: Response,
    filters: Filters,
    order: FindingOrder = FindingOrder.NEWEST,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
) -> list[FindingOfAgentOut]:
    """List findings of all agents: newest, worst or due first. The Link header names the next page.

    With `since` and `until`, those that last opened in between, whatever became of them.
    """
    found, place = await service.list_all(session, filters, order, limit, cursor)
    response.headers.update(next_page(request, limit, place))
    return found


@router.get("/findings/summary")
@require_scopes(*READERS)
async def summarize_findings(
    session: Session,
    filters: Filters,
    group_by: FindingGrouping = FindingGrouping.RULE,
    limit: Annotated[int, Query(ge=1, le=500, description="Groups to list; all are counted")] = 100,
) -> FindingSummaryOut:
    """Count findings, in all and by rule, severity, owner or agent: the worst and largest groups first."""
    return await service.summarize(session, filters, group_by, limit)


@router.get("/findings/export", response_class=StreamingResponse, responses=EXPORTS)
@require_scopes(*READERS)
async def export_findings(
    platform: PlatformDep, filters: Filters, format_: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.JSON
) -> StreamingResponse:
    """Download all findings that pass the filters, the worst first: as CSV, a JSON array, or OCSF line by line."""
    chunks = export.write(platform.database, filters, format_, platform.settings.ocsf_version)
    name = f"findings.{export.SUFFIXES[format_]}"
    return StreamingResponse(
        chunks,
        media_type=export.MEDIA_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post("/findings/decisions")
@require_scopes(KeyScope.ADMIN)
async def decide_many(decision: BulkDecisionIn, platform: PlatformDep, who: CurrentActor) -> BulkDecisionOut:
    """Acknowledge, snooze, resolve, reopen or assign many findings at once, by ids or by filter, with one note."""
    return await bulk.decide_many(platform.database, decision, who, now(), platform.outbox.destinations)


@router.get("/findings/assignees")
@require_scopes(*READERS)
async def list_assignees(session: Session) -> list[AssigneeOut]:
    """List the names that findings may be assigned to, and those of revoked keys that findings are assigned to."""
    return await assignment.list_assignees(session, now())


@router.get("/findings/{finding_id}")
@require_scopes(*READERS)
async def get_finding(finding_id: UUID, session: Session) -> FindingOfAgentOut:
    """Return one finding, with the name and team of its agent."""
    return await service.describe(session, finding_id)


@router.patch("/findings/{finding_id}")
@require_scopes(KeyScope.ADMIN)
async def decide(
    finding_id: UUID, decision: FindingPatch, caller: CurrentPrincipal, session: Session, platform: PlatformDep
) -> FindingOut:
    """Acknowledge, snooze, resolve or reopen a finding, or assign it to a key's name, with a due date."""
    destinations = platform.outbox.destinations
    row = await service.decide(session, finding_id, decision, caller.key_id, now(), destinations)
    return FindingOut.model_validate(row)


@router.get("/findings/{finding_id}/history")
@require_scopes(*READERS)
async def list_steps(finding_id: UUID, session: Session) -> list[FindingStepOut]:
    """List the history of a finding, newest first: when it opened, who decided what or assigned it, until when."""
    return [FindingStepOut.model_validate(row) for row in await service.list_steps(session, finding_id)]


@router.get("/rules")
@require_scopes(*READERS)
async def list_rules(platform: PlatformDep) -> list[RuleOut]:
    """List the posture rules in force, with rationale and remediation."""
    return [
        RuleOut(
            id=rule.id,
            severity=rule.severity,
            title=rule.title,
            rationale=rule.rationale,
            remediation=rule.remediation,
            references=list(rule.references),
            points=rule.points,
        )
        for rule in ruleset(platform.settings.posture_ruleset)
    ]
