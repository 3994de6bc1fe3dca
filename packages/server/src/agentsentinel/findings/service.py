"""What people may do with findings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.errors import NotFound
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.schemas import FindingPatch
from agentsentinel.models import FindingRow


async def list_findings(
    session: AsyncSession, agent_id: UUID, filters: dict[str, str], limit: int, offset: int
) -> Sequence[FindingRow]:
    """One agent's findings, newest first."""
    query = (
        select(FindingRow)
        .filter_by(agent_id=agent_id, **filters)
        .order_by(FindingRow.created_at.desc(), FindingRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def decide(session: AsyncSession, finding_id: UUID, decision: FindingPatch, now: datetime) -> FindingRow:
    """Store a person's decision. Raises NotFound."""
    finding = await session.get(FindingRow, finding_id, with_for_update=True)
    if finding is None:
        raise NotFound("There is no finding with this id")
    if decision.status != finding.status:
        finding.resolved_at = now if decision.status is FindingStatus.RESOLVED else None
    finding.status = decision.status
    if "note" in decision.model_fields_set:
        finding.note = decision.note
    finding.updated_at = now
    return finding
