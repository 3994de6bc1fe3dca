"""Listing, summarizing and deciding findings."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.service import deliveries_of
from agentsentinel.errors import Invalid, NotFound
from agentsentinel.findings import repository
from agentsentinel.findings.assignment import require_assignable
from agentsentinel.findings.lifecycle import FindingStatus, history_of
from agentsentinel.findings.repository import SEVERITIES, FindingOfAgent, Place
from agentsentinel.findings.schemas import (
    FindingFilters,
    FindingGrouping,
    FindingGroupOut,
    FindingOfAgentOut,
    FindingOrder,
    FindingOut,
    FindingPatch,
    FindingSummaryOut,
)
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow, KeyRow
from agentsentinel.wire.pages import decode_cursor, decode_ranked, encode_cursor, encode_ranked

MAX_STEPS = 200
_DAYS = (date.max - date.min).days + 1


async def list_all(
    session: DatabaseSession, filters: FindingFilters, order: FindingOrder, limit: int, cursor: str | None
) -> tuple[list[FindingOfAgentOut], str | None]:
    """List findings of all agents after a cursor; return them and the cursor of the next page, if there may be one."""
    after = _decode(cursor, order) if cursor is not None else None
    found = [_of_agent(row) for row in await repository.list_all(session, filters, order, limit, after)]
    return found, _encode(found[-1], order) if len(found) == limit else None


async def summarize(
    session: DatabaseSession, filters: FindingFilters, group_by: FindingGrouping, limit: int
) -> FindingSummaryOut:
    """Count the findings that pass the filters, in all and in groups, the worst and largest groups first."""
    totals = await repository.count_findings(session, filters)
    groups, group_count = await repository.find_groups(session, filters, group_by, limit)
    return FindingSummaryOut(
        findings=totals.findings,
        agents=totals.agents,
        group_count=group_count,
        groups=[
            FindingGroupOut(
                key=str(group.key),
                title=group.title,
                severity=group.severity,
                findings=group.findings,
                agents=group.agents,
            )
            for group in groups
        ],
    )


async def describe(session: DatabaseSession, finding_id: UUID) -> FindingOfAgentOut:
    """Return one finding with the name and team of its agent. Raises NotFound."""
    found = await repository.find_finding(session, finding_id)
    if found is None:
        raise NotFound("There is no finding with this id")
    return _of_agent(found)


def _decode(cursor: str, order: FindingOrder) -> Place:
    if order is FindingOrder.WORST:
        rank, last_id = decode_ranked(cursor, len(SEVERITIES))
        return int(rank), last_id
    if order is FindingOrder.DUE:
        days, last_id = decode_ranked(cursor, _DAYS)
        return date.min + timedelta(days=int(days)), last_id
    return decode_cursor(cursor)


def _encode(finding: FindingOfAgentOut, order: FindingOrder) -> str:
    if order is FindingOrder.WORST:
        return encode_ranked(SEVERITIES.index(finding.severity), finding.id)
    if order is FindingOrder.DUE:
        return encode_ranked(((finding.due_on or date.max) - date.min).days, finding.id)
    return encode_cursor(finding.created_at, finding.id)


def _of_agent(found: FindingOfAgent) -> FindingOfAgentOut:
    finding = FindingOut.model_validate(found.finding).model_dump()
    return FindingOfAgentOut(**finding, agent_name=found.agent_name, owner_team=found.owner_team)


async def get_finding(session: DatabaseSession, finding_id: UUID) -> FindingRow:
    """Return one finding. Raises NotFound."""
    finding = await session.get(FindingRow, finding_id)
    if finding is None:
        raise NotFound("There is no finding with this id")
    return finding


async def list_steps(session: DatabaseSession, finding_id: UUID) -> Sequence[FindingHistoryRow]:
    """List the newest `MAX_STEPS` steps of a finding's history, newest first. Raises NotFound."""
    await get_finding(session, finding_id)
    return await repository.find_steps(session, finding_id, MAX_STEPS)


async def decide(
    session: DatabaseSession,
    finding_id: UUID,
    decision: FindingPatch,
    key_id: UUID,
    now: datetime,
    destinations: Sequence[Destination] = (),
) -> FindingRow:
    """Store a person's decision, the key that made it, and the deliveries to destinations that want to know.

    Raises NotFound, and Invalid for a snooze or a due date in the past and for an unknown assignee.
    """
    if decision.snoozed_until is not None and decision.snoozed_until <= now:
        raise Invalid("snoozed_until: must be in the future")
    await require_assignable(session, decision, now)
    finding = await session.get(FindingRow, finding_id, with_for_update=True)
    if finding is None:
        raise NotFound("There is no finding with this id")
    key = await session.get(KeyRow, key_id)
    apply_decision(session, finding, decision, key, now, await session.get(AgentRow, finding.agent_id), destinations)
    return finding


def apply_decision(
    session: DatabaseSession,
    finding: FindingRow,
    decision: FindingPatch,
    key: KeyRow | None,
    now: datetime,
    agent: AgentRow | None,
    destinations: Sequence[Destination],
) -> None:
    """Change a finding as a person decided, add the steps to its history, and the deliveries that follow from them."""
    is_reassigned = _assign(finding, decision)
    if "note" in decision.model_fields_set:
        finding.note = decision.note
    finding.updated_at = now
    steps: list[FindingHistoryRow] = []
    if decision.status is not None:
        _set_status(finding, decision.status, decision.snoozed_until, now)
        steps.append(history_of(finding, now, key))
    if is_reassigned:
        steps.append(history_of(finding, now, key, is_assignment=True))
    session.add_all(steps)
    if agent is not None and steps:
        session.add_all(deliveries_of(destinations, agent, finding, steps[0], is_decision=True))
        _wake_in_time(agent, finding)


def _assign(finding: FindingRow, decision: FindingPatch) -> bool:
    """Change assignee and due date where the decision names them; return whether either is another one now."""
    before = finding.assignee, finding.due_on
    if "assignee" in decision.model_fields_set:
        finding.assignee = decision.assignee
    if "due_on" in decision.model_fields_set:
        finding.due_on = decision.due_on
    return (finding.assignee, finding.due_on) != before


def _set_status(finding: FindingRow, status: FindingStatus, snoozed_until: datetime | None, now: datetime) -> None:
    if status != finding.status:
        finding.resolved_at = now if status is FindingStatus.RESOLVED else None
    finding.status = status
    finding.snoozed_until = snoozed_until


def _wake_in_time(agent: AgentRow, finding: FindingRow) -> None:
    """Schedule the scoring of the agent for the end of the snooze; scoring opens the finding again."""
    if finding.snoozed_until is not None:
        agent.rescore_at = min(agent.rescore_at or finding.snoozed_until, finding.snoozed_until)
