"""Operations on pinned manifests. Each change is judged, stored and scored in one transaction.

What a server offers at first sight is trusted. From then on a difference is a change until a person approves it, or
until the server offers again what is pinned.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from agentsentinel.agents.repository import lock_agent
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.principal import Actor
from agentsentinel.errors import Conflict, NotFound, Unavailable
from agentsentinel.kit.database import REQUEST_SECONDS, Database, DatabaseSession
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.manifests import repository
from agentsentinel.manifests.pinning import (
    MOST_CHANGES,
    Digests,
    ItemKey,
    digests_in,
    find_contradicted,
    find_definitions,
    has_any,
    items_in,
    shorten,
)
from agentsentinel.manifests.report import Known, Planned, Report, plan
from agentsentinel.manifests.repository import PinnedDigests
from agentsentinel.manifests.schemas import (
    DecisionIn,
    DefinitionDiffOut,
    ItemOut,
    ManifestDetail,
    ManifestOut,
    ManifestState,
)
from agentsentinel.models import AgentRow, ManifestRow
from agentsentinel.models.manifest import Definition
from agentsentinel.scores.service import Scorer
from agentsentinel_core.manifest.changes import digest_of, item_changes
from agentsentinel_core.manifest.diff import diff_of
from agentsentinel_core.manifest.model import Item, Manifest

MOST_MANIFESTS = 200
"""Manifests of one agent."""
TRIES = 3
"""Times that a report is judged anew because another one was stored meanwhile."""
MOST_ITEMS_OF_AGENT = 20_000
"""Items of all manifests of one agent: each has a digest in the enforcement snapshot."""


class Basis(NamedTuple):
    """What must still be so when the plan of a report is stored."""

    digest: str | None
    pinned_digests: Digests
    """Those of the manifest itself; None and empty for a new one."""
    siblings: list[PinnedDigests]
    """Those of the same server for other principals."""


async def take_report(database: Database, scorer: Scorer, agent_id: UUID, report: Report) -> ManifestRow:
    """Store what a server offers, and what changed. A repetition only moves `last_seen_at`.

    A large manifest takes seconds to judge, so that is done between two transactions and without a lock. Raises
    NotFound, Invalid for too many items, Conflict for too many manifests, and Unavailable when another report of the
    same manifest is stored in between each time.
    """
    for _ in range(TRIES):
        async with database.transaction(REQUEST_SECONDS) as session:
            row = await _find_locked(session, agent_id, report)
            if row is not None and report.repeats(row):
                row.last_seen_at = now()
                return row
            basis = await _read_basis(session, agent_id, row, report)
            known = await _read_known(session, row, basis, report)
        planned = await asyncio.to_thread(plan, known, report)
        async with database.transaction(REQUEST_SECONDS) as session:
            row = await _find_locked(session, agent_id, report)
            if await _read_basis(session, agent_id, row, report) == basis:
                return await _store(session, scorer, row or _new_row(agent_id, report), report, planned)
    raise Unavailable("Other reports of this manifest came in between; try again")


async def list_manifests(session: DatabaseSession, agent_id: UUID) -> list[ManifestOut]:
    """List what the servers of an agent offer. Raises NotFound."""
    await _require_agent(session, agent_id)
    return [ManifestOut.model_validate(row) for row in await repository.list_manifests(session, agent_id)]


async def read_manifest(session: DatabaseSession, agent_id: UUID, manifest_id: UUID) -> ManifestRow:
    """Return one manifest with its definitions. Raises NotFound."""
    await _require_agent(session, agent_id)
    row = await _owned(session, agent_id, manifest_id)
    await repository.read_definitions(session, row)
    return row


def describe(row: ManifestRow) -> ManifestDetail:
    """Describe a manifest with its definitions and diffs, which takes a moment for a large one."""
    pinned, offered = items_in(row.pinned), items_in(row.offered or row.pinned)
    changes = item_changes(Manifest("", "", pinned), Manifest("", "", offered))[:MOST_CHANGES]
    return ManifestDetail(
        **ManifestOut.model_validate(row).model_dump(),
        pinned=[_shown(item) for item in pinned],
        offered=[_shown(item) for item in offered],
        diffs=[
            DefinitionDiffOut(
                item=shorten(change.change.item),
                what=shorten(change.change.what),
                severity=change.change.severity,
                lines=list(diff_of(change.was, change.now)),
            )
            for change in changes
        ],
    )


async def approve(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, manifest_id: UUID, decision: DecisionIn, who: Actor
) -> ManifestRow:
    """Pin what the server offers now. Raises NotFound, and Conflict when that is not what was read."""
    agent = await _lock(session, agent_id)
    row = await _decided(session, agent_id, manifest_id, decision)
    moment = now()
    _audit(session, who, Action.MANIFEST_APPROVED, agent, row, decision.note)
    if row.changes_count:
        await repository.read_definitions(session, row)
        row.pinned, row.offered = row.offered or row.pinned, None
        row.pinned_digests = await asyncio.to_thread(digests_in, row.pinned)
        row.changes, row.changes_count = [], 0
        row.pinned_at = moment
    row.state, row.rejected_digest = ManifestState.APPROVED, None
    _decide(row, decision, who, moment)
    await _rescore(session, scorer, agent_id)
    return row


async def reject(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, manifest_id: UUID, decision: DecisionIn, who: Actor
) -> ManifestRow:
    """Reject what the server offers now; the pin stays.

    Raises NotFound, and Conflict when that is not what was read, or is what is pinned.
    """
    agent = await _lock(session, agent_id)
    row = await _decided(session, agent_id, manifest_id, decision)
    if row.state == ManifestState.APPROVED:
        raise Conflict("The server offers what is pinned: delete the pin to withdraw the trust in it")
    _audit(session, who, Action.MANIFEST_REJECTED, agent, row, decision.note)
    row.state, row.rejected_digest = ManifestState.REJECTED, row.digest
    _decide(row, decision, who, now())
    await _rescore(session, scorer, agent_id)
    return row


async def remove(session: DatabaseSession, scorer: Scorer, agent_id: UUID, manifest_id: UUID, who: Actor) -> None:
    """Forget a manifest: what the server offers next is trusted again. Raises NotFound."""
    agent = await _lock(session, agent_id)
    row = await _owned(session, agent_id, manifest_id)
    await session.delete(row)
    _audit(session, who, Action.MANIFEST_REMOVED, agent, row, None)
    await _rescore(session, scorer, agent_id)


async def _find_locked(session: DatabaseSession, agent_id: UUID, report: Report) -> ManifestRow | None:
    """Lock the agent, and return the manifest that a report is about. Raises NotFound."""
    await _lock(session, agent_id)
    return await repository.find_manifest(session, agent_id, report.server_name, report.principal)


async def _read_basis(session: DatabaseSession, agent_id: UUID, row: ManifestRow | None, report: Report) -> Basis:
    siblings = await repository.find_siblings(session, agent_id, report.server_name, report.principal)
    return Basis(None, {}, siblings) if row is None else Basis(row.digest, row.pinned_digests, siblings)


async def _read_known(session: DatabaseSession, row: ManifestRow | None, basis: Basis, report: Report) -> Known:
    new_kinds = {kind: names for kind, names in report.digests.items() if kind not in basis.pinned_digests}
    elsewhere = await _find_contradicted(session, new_kinds, basis.siblings)
    if row is None:
        return Known({}, {}, {}, lists_are_public=False, elsewhere=elsewhere)
    await repository.read_definitions(session, row)
    return Known(row.pinned, row.offered or row.pinned, row.kind_digests, row.lists_are_public, elsewhere)


async def _find_contradicted(
    session: DatabaseSession, digests: Digests, siblings: Sequence[PinnedDigests]
) -> dict[ItemKey, Definition]:
    """Return the pinned definitions that these digests contradict, each of the oldest manifest that has it."""
    wanted = find_contradicted(digests, (sibling.pinned_digests for sibling in siblings))
    found: dict[ItemKey, Definition] = {}
    for sibling in siblings:
        if has_any(sibling.pinned_digests, missing := wanted - found.keys()):
            found |= find_definitions(await repository.read_pinned(session, sibling.id), missing)
    return found


def _new_row(agent_id: UUID, report: Report) -> ManifestRow:
    moment = now()
    return ManifestRow(
        id=uuid7(moment.timestamp()),
        agent_id=agent_id,
        server_name=report.server_name,
        principal=report.principal,
        server_version="",
        state=ManifestState.APPROVED,
        pinned_digests={},
        digest="",
        rejected_digest=None,
        pinned_at=moment,
    )


async def _store(
    session: DatabaseSession, scorer: Scorer, row: ManifestRow, report: Report, planned: Planned
) -> ManifestRow:
    row.server_version = row.server_version if report.server_version is None else report.server_version
    row.lists_are_public = planned.lists_are_public
    row.pinned, row.offered = planned.pinned, planned.offered
    row.pinned_digests = {**row.pinned_digests, **planned.pinned_digests}
    row.kind_digests = planned.kind_digests
    row.counts, row.items = planned.counts, sum(planned.counts.values())
    row.changes, row.changes_count, row.poison, row.defects = planned.judgement
    row.last_seen_at = now()
    _set_state(row, digest_of(planned.kind_digests), row.last_seen_at)
    await _require_room(session, row)
    session.add(row)
    await _rescore(session, scorer, row.agent_id)
    return row


def _set_state(row: ManifestRow, digest: str, moment: datetime) -> None:
    if not row.changes_count:
        row.state = ManifestState.APPROVED
    elif digest != row.digest or row.state == ManifestState.APPROVED:
        row.state = ManifestState.REJECTED if digest == row.rejected_digest else ManifestState.CHANGED
        row.changed_at = moment
    row.digest = digest


async def _require_room(session: DatabaseSession, row: ManifestRow) -> None:
    manifests, items = await repository.count_others(session, row.agent_id, row.id)
    if manifests >= MOST_MANIFESTS:
        raise Conflict(f"The agent has {MOST_MANIFESTS} manifests, which is the most: delete those no longer used")
    if items + row.items > MOST_ITEMS_OF_AGENT:
        raise Conflict(f"All manifests of an agent may hold {MOST_ITEMS_OF_AGENT:,} items: delete those no longer used")


async def _decided(session: DatabaseSession, agent_id: UUID, manifest_id: UUID, decision: DecisionIn) -> ManifestRow:
    """Return the manifest that a decision is about. Raises Conflict when it is about something else by now."""
    row = await _owned(session, agent_id, manifest_id)
    if row.digest != decision.digest:
        raise Conflict("The server offers something else by now: read the manifest again, then decide")
    return row


def _decide(row: ManifestRow, decision: DecisionIn, who: Actor, moment: datetime) -> None:
    row.decided_at, row.decided_by, row.note = moment, who.name, decision.note


async def _lock(session: DatabaseSession, agent_id: UUID) -> AgentRow:
    agent = await lock_agent(session, agent_id)
    if agent is None:
        raise NotFound("There is no agent with this id")
    return agent


async def _require_agent(session: DatabaseSession, agent_id: UUID) -> None:
    if await session.get(AgentRow, agent_id) is None:
        raise NotFound("There is no agent with this id")


async def _owned(session: DatabaseSession, agent_id: UUID, manifest_id: UUID) -> ManifestRow:
    row = await session.get(ManifestRow, manifest_id)
    if row is None or row.agent_id != agent_id:
        raise NotFound("This agent has no manifest with this id")
    return row


def _audit(
    session: DatabaseSession, who: Actor, action: Action, agent: AgentRow, row: ManifestRow, note: str | None
) -> None:
    principal = f", principal {row.principal[:12]}" if row.principal else ""
    changes = f", {row.changes_count} changed" if row.changes_count else ""
    reason = f": {note}" if note else ""
    detail = f"server {row.server_name}{principal}{changes}, {row.digest[:12]}{reason}"
    audit.record(session, who, action, now(), agent.id, agent.name, detail=detail)


async def _rescore(session: DatabaseSession, scorer: Scorer, agent_id: UUID) -> None:
    await session.flush()
    await scorer.rescore(session, [agent_id], now())
    await session.flush()


def _shown(item: Item) -> ItemOut:
    return ItemOut(kind=item.kind, name=item.name, digest=digest_of(item.definition), definition=dict(item.definition))
