"""The audit log. An entry is written in the transaction of its change, so there is no change without an entry.

Decisions about findings are in the history of the findings instead. No entry ever contains a secret.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from agentsentinel.audit import repository
from agentsentinel.audit.actions import REFUSALS, Action
from agentsentinel.audit.mentions import find_ids
from agentsentinel.audit.schemas import (
    ActionCountOut,
    ActorCountOut,
    AuditFilters,
    AuditOut,
    AuditSummaryOut,
    MentionOut,
)
from agentsentinel.auth.failed_attempts import Snapshot
from agentsentinel.auth.principal import Actor
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.kit.time_spans import TimeSpan
from agentsentinel.models import AuditRow

KEPT = timedelta(days=400)
"""Retention of entries: over a year, which audits require."""
REFUSALS_KEPT = timedelta(days=90)
"""Retention of refusals: shorter, since any client can cause them."""
DETAIL_LENGTH = 1000
NO_LIVE_KEY = "no live key"
MOST_ACTORS = 500
Place = tuple[datetime, UUID]
"""Position of an entry in the log: its time and id."""


def record(
    session: DatabaseSession,
    who: Actor,
    action: Action,
    now: datetime,
    subject_id: UUID | None = None,
    subject_name: str = "",
    *,
    detail: str = "",
) -> None:
    """Record an action and its author, in the transaction of the action."""
    session.add(
        AuditRow(
            id=uuid7(now.timestamp()),
            at=now,
            action=action.value,
            actor_key_id=who.key_id,
            actor_name=who.name,
            address=who.address,
            subject_id=subject_id,
            subject_name=subject_name,
            key_prefix="",
            detail=detail[:DETAIL_LENGTH],
            count=1,
        )
    )


async def list_entries(
    session: DatabaseSession, filters: AuditFilters, limit: int, before: Place | None = None
) -> list[AuditOut]:
    """List entries, newest first, with the names of what their details mention.

    `before` continues after the last entry of an earlier page.
    """
    rows = await repository.list_entries(session, filters, limit, before)
    entries = [AuditOut.model_validate(row) for row in rows]
    ids = find_ids(entry.detail for entry in entries)
    names = await repository.find_names(session, ids) if ids else {}
    return [_with_mentions(entry, names) for entry in entries]


def _with_mentions(entry: AuditOut, names: dict[UUID, MentionOut]) -> AuditOut:
    return entry.model_copy(
        update={"mentions": [names[one] for one in sorted(find_ids([entry.detail])) if one in names]}
    )


async def summarize(session: DatabaseSession, span: TimeSpan) -> AuditSummaryOut:
    """Count the entries of a span, in all, by action and by actor."""
    actions: Counter[str] = Counter()
    actors: Counter[str] = Counter()
    for action, actor_name, entries in await repository.count_entries(session, span):
        actions[action] += entries
        actors[actor_name] += entries
    return AuditSummaryOut(
        entries=actions.total(),
        actions=[ActionCountOut(action=Action(name), entries=number) for name, number in _most_first(actions)],
        actors=[ActorCountOut(actor_name=name, entries=number) for name, number in _most_first(actors)[:MOST_ACTORS]],
    )


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


async def write_refusals(session: DatabaseSession, snapshots: Sequence[Snapshot]) -> None:
    """Store refusals; an entry that exists already gets its new count."""
    rows = [
        {
            "id": one.refusal.id,
            "at": one.refusal.at,
            "action": one.refusal.means.value,
            "actor_name": NO_LIVE_KEY,
            "address": one.refusal.address,
            "subject_id": one.refusal.key_id,
            "subject_name": one.refusal.key_name,
            "key_prefix": one.refusal.key_prefix,
            "detail": "",
            "count": one.count,
        }
        for one in snapshots
    ]
    await repository.write_counted(session, rows)


async def forget_old(session: DatabaseSession, now: datetime) -> None:
    """Delete entries that are past their retention."""
    await repository.delete_before(session, now - KEPT)
    await repository.delete_actions_before(session, REFUSALS, now - REFUSALS_KEPT)
