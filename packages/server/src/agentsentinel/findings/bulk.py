"""Decide many findings at once, in steps: by their ids, or all that pass a filter."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from agentsentinel.alerts.destination import Destination
from agentsentinel.audit.actions import Action
from agentsentinel.audit.service import record
from agentsentinel.auth.principal import Actor
from agentsentinel.errors import Invalid
from agentsentinel.findings import repository
from agentsentinel.findings.assignment import require_assignable
from agentsentinel.findings.schemas import BulkDecisionIn, BulkDecisionOut, FindingFilters
from agentsentinel.findings.service import apply_decision
from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.models import FindingRow, KeyRow

MOST_DECIDED = 10_000
"""Findings that one request may decide."""
STEP = 500
"""Findings that one transaction decides, so that scoring does not wait long for any of their agents."""


async def decide_many(
    database: Database, decision: BulkDecisionIn, who: Actor, now: datetime, destinations: Sequence[Destination]
) -> BulkDecisionOut:
    """Apply one decision to many findings, record each in its history, and return exactly how many were changed.

    Findings that are as decided already stay as they are. Raises Invalid for more than `MOST_DECIDED`, for a snooze or
    a due date in the past, and for an unknown assignee.
    """
    if decision.snoozed_until is not None and decision.snoozed_until <= now:
        raise Invalid("snoozed_until: must be in the future")
    filters = decision.filters(who.name, now.date())
    async with database.transaction() as session:
        await require_assignable(session, decision, now)
        matched = (await repository.count_findings(session, filters)).findings
    if matched > MOST_DECIDED:
        raise Invalid(f"filter: matches {matched} findings; narrow it to {MOST_DECIDED} at most")
    changed, after = 0, UUID(int=0)
    while True:
        async with database.transaction() as session:
            ids = await repository.find_undecided_ids(session, filters, decision, after, STEP)
            if not ids:
                break
            changed += await _decide_step(session, filters, ids, decision, who, now, destinations)
        after = ids[-1]
    async with database.transaction() as session:
        detail = f"{decision.describe_decision()}: {changed} of {matched}; {decision.describe()}"
        record(session, who, Action.FINDINGS_DECIDED, now, detail=detail)
    return BulkDecisionOut(matched=matched, changed=changed)


async def _decide_step(
    session: DatabaseSession,
    filters: FindingFilters,
    ids: Sequence[UUID],
    decision: BulkDecisionIn,
    who: Actor,
    now: datetime,
    destinations: Sequence[Destination],
) -> int:
    # Agents first, as scoring locks them, so that neither waits for the other for ever.
    agents = await repository.lock_agents_of(session, ids)
    rows: Sequence[FindingRow] = await repository.lock_undecided(session, filters, decision, ids)
    key = await session.get(KeyRow, who.key_id) if who.key_id is not None else None
    for finding in rows:
        apply_decision(session, finding, decision, key, now, agents.get(finding.agent_id), destinations)
    return len(rows)
