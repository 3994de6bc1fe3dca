"""Assignees and due dates of findings: which there are, and which are refused.

An assignee is the name of a key, so that it survives the key's rotation, and stays readable after its revocation.
"""

from datetime import datetime, timedelta

from agentsentinel.auth.principal import KeyScope
from agentsentinel.errors import Invalid
from agentsentinel.findings import repository
from agentsentinel.findings.schemas import OWN, UNASSIGNED, AssigneeOut, FindingPatch
from agentsentinel.keys.service import list_names
from agentsentinel.kit.database import DatabaseSession

SCOPES = (KeyScope.ADMIN, KeyScope.READONLY)
"""Scopes of keys that people sign in with."""
RESERVED = {UNASSIGNED, OWN}
"""Values of the filter `assignee` with a meaning of their own: a key of such a name cannot be told from it."""
LATEST = timedelta(days=3653)
"""Longest time until a due date: far enough for any plan, near enough to notice a mistyped year."""


async def list_assignees(session: DatabaseSession, now: datetime) -> list[AssigneeOut]:
    """List the names that findings may be assigned to, and those that findings have, in alphabetical order."""
    live = await _live_names(session, now)
    counts = await repository.count_by_assignee(session)
    return [
        AssigneeOut(name=name, is_live=name in live, findings=counts.get(name, 0)) for name in sorted({*live, *counts})
    ]


async def require_assignable(session: DatabaseSession, decision: FindingPatch, now: datetime) -> None:
    """Raise Invalid for an assignee without a live key, and for a due date in the past or over ten years ahead."""
    today = now.date()
    if decision.due_on is not None and not today <= decision.due_on <= today + LATEST:
        raise Invalid("due_on: must be a day from today on, in UTC, within the next ten years")
    if decision.assignee is not None and decision.assignee not in await _live_names(session, now):
        raise Invalid("assignee: no live admin or readonly key has this name; see GET /findings/assignees")


async def _live_names(session: DatabaseSession, now: datetime) -> set[str]:
    return set(await list_names(session, SCOPES, now)) - RESERVED
