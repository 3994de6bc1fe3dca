"""Lifecycle of findings.

There is one row per agent and rule:

* the rule fires for the first time: OPEN;
* it still fires: the status stays, message and evidence are refreshed. A person's decision (ACKNOWLEDGED, or RESOLVED
  although the cause is there) holds until the evidence contains something new: then the finding opens again;
* a person snoozed the finding and the snooze has expired: OPEN again;
* the rule fires no more: RESOLVED automatically;
* it fires again later: OPEN again, counted as one more occurrence.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from agentsentinel.kit.ids import uuid7
from agentsentinel.models import FindingHistoryRow, FindingRow, KeyRow
from agentsentinel_core.findings import Finding

POSTURE = "POSTURE"


class FindingStatus(StrEnum):
    """Status of a finding, as people see it and set it."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


def history_of(
    row: FindingRow, now: datetime, who: KeyRow | None = None, *, is_assignment: bool = False
) -> FindingHistoryRow:
    """Build the history row of a finding's current state, with the key of the person who set it, or None for rules."""
    return FindingHistoryRow(
        id=uuid7(now.timestamp()),
        finding_id=row.id,
        at=now,
        status=row.status,
        note=row.note,
        snoozed_until=row.snoozed_until,
        key_id=who.id if who else None,
        key_name=who.name if who else None,
        is_assignment=is_assignment,
        assignee=row.assignee,
        due_on=row.due_on,
    )


class Reconciled(NamedTuple):
    """Changes to the findings of one agent after its rules were evaluated."""

    opened: list[FindingRow]
    """Findings that are new or open again, and so need an alert."""
    resolved: list[FindingRow]
    new: list[FindingRow]
    """Findings of `opened` that have to be inserted."""


def reconcile(agent_id: UUID, found: Sequence[Finding], stored: Iterable[FindingRow], now: datetime) -> Reconciled:
    """Update one agent's stored findings to the current result of its rules. Changes the rows in place."""
    rows: Mapping[str, FindingRow] = {row.rule_id: row for row in stored}
    changes = Reconciled([], [], [])
    for finding in found:
        row = rows.get(finding.rule_id)
        if row is None:
            row = _new_row(agent_id, finding, now)
            changes.new.append(row)
            changes.opened.append(row)
        elif _refresh(row, finding, now):
            changes.opened.append(row)
    firing = {finding.rule_id for finding in found}
    for row in rows.values():
        if row.is_active and row.rule_id not in firing:
            _resolve(row, now)
            changes.resolved.append(row)
    return changes


def _new_row(agent_id: UUID, finding: Finding, now: datetime) -> FindingRow:
    return FindingRow(
        id=uuid7(now.timestamp()),
        agent_id=agent_id,
        finding_type=POSTURE,
        rule_id=finding.rule_id,
        severity=finding.severity.value,
        title=finding.title,
        message=finding.message,
        detail=finding.detail,
        evidence=list(finding.evidence),
        fingerprint=finding.fingerprint,
        status=FindingStatus.OPEN,
        is_active=True,
        occurrences=1,
        created_at=now,
        last_opened_at=now,
        updated_at=now,
    )


def _refresh(row: FindingRow, finding: Finding, now: datetime) -> bool:
    """Update a row to the current result of its rule; return whether the finding opened again."""
    if _is_snooze_over(row, now):
        _open(row, now)
        _take_over(row, finding, now)
        return True
    is_back = not row.is_active
    has_news = not set(finding.evidence) <= set(row.evidence)
    if row.is_active and row.fingerprint == finding.fingerprint and row.message == finding.message:
        return False
    _take_over(row, finding, now)
    if not is_back and not (has_news and row.status != FindingStatus.OPEN):
        return False
    _open(row, now)
    return True


def _is_snooze_over(row: FindingRow, now: datetime) -> bool:
    return row.is_active and row.snoozed_until is not None and row.snoozed_until <= now


def _take_over(row: FindingRow, finding: Finding, now: datetime) -> None:
    row.severity, row.title = finding.severity.value, finding.title
    row.message, row.detail = finding.message, finding.detail
    row.evidence, row.fingerprint = list(finding.evidence), finding.fingerprint
    row.is_active = True
    row.updated_at = now


def _open(row: FindingRow, now: datetime) -> None:
    row.status = FindingStatus.OPEN
    row.note = None
    row.resolved_at = None
    row.snoozed_until = None
    row.occurrences += 1
    row.last_opened_at = now


def _resolve(row: FindingRow, now: datetime) -> None:
    row.is_active = False
    row.snoozed_until = None
    row.updated_at = now
    if row.status != FindingStatus.RESOLVED:
        row.status = FindingStatus.RESOLVED
        row.resolved_at = now
