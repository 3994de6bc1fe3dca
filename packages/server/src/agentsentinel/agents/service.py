"""Operations on agents. Each change is recorded in the audit log, and the agent rescored, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from agentsentinel.agents import repository
from agentsentinel.agents.schemas import (
    AgentDetail,
    AgentIn,
    ConnectionIn,
    ConnectionOut,
    GrantIn,
    GrantOrigin,
    GrantOut,
    GrantPatch,
    ToolClassIn,
)
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.audit.changes import describe_changes
from agentsentinel.auth.principal import Actor
from agentsentinel.discoveries.repository import find_discovery
from agentsentinel.errors import NotFound
from agentsentinel.findings.repository import list_findings
from agentsentinel.findings.schemas import FindingOut
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.models import AgentRow, MCPConnectionRow, ToolGrantRow
from agentsentinel.overview.attention import needs_attention
from agentsentinel.scores.explanation import EffectOut
from agentsentinel.scores.repository import find_used_grants
from agentsentinel.scores.service import Scorer
from agentsentinel.tools.correction import known_class
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_core.trust.bands import TrustBand

MAX_FINDINGS = 500
REST_AFTER_RESUMING = timedelta(days=1)
"""Time for which an agent is not silent after its suspension ended, since it may take people a while to start it."""
_STRENGTH = {GrantOrigin.OBSERVED: 0, GrantOrigin.LISTED: 1, GrantOrigin.DECLARED: 2}
Owned = TypeVar("Owned", ToolGrantRow, MCPConnectionRow)


async def get_agent(session: DatabaseSession, agent_id: UUID) -> AgentRow:
    """Return one agent. Raises NotFound."""
    agent = await session.get(AgentRow, agent_id)
    if agent is None:
        raise NotFound("There is no agent with this id")
    return agent


async def find_identities(session: DatabaseSession, names: Sequence[str]) -> Sequence[tuple[UUID, str]]:
    """Return ids and names of the agents whose id or name is one of these texts."""
    return await repository.find_identities(session, [one for text in names if (one := as_id(text))], list(names))


def as_id(text: str) -> UUID | None:
    """Parse a text as an id; return None if it is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def describe_agent(session: DatabaseSession, agent_id: UUID) -> AgentDetail:
    """Return one agent with its grants, connections and findings. Raises NotFound."""
    agent = await get_agent(session, agent_id)
    findings = await list_findings(session, agent_id, {}, MAX_FINDINGS, 0)
    return AgentDetail.model_validate(
        {
            **{name: getattr(agent, name) for name in AgentDetail.model_fields if hasattr(agent, name)},
            "grants": await describe_grants(session, agent_id),
            "mcp_connections": [
                ConnectionOut.model_validate(row) for row in await repository.find_connections(session, agent_id)
            ],
            "findings": [FindingOut.model_validate(row) for row in findings],
            "needs_attention": await needs_attention(session, agent_id),
            "discovery": await find_discovery(session, agent_id) if agent.is_discovered else None,
        }
    )


async def describe_grants(session: DatabaseSession, agent_id: UUID) -> list[GrantOut]:
    """Return one agent's grants, oldest first, with their usage."""
    used = {grant.id: grant for grant in await find_used_grants(session, [agent_id], now())}
    rows = await repository.find_grants(session, agent_id)
    return [GrantOut.of(row, used[row.id]) for row in rows if row.id in used]


async def describe_grant(session: DatabaseSession, row: ToolGrantRow) -> GrantOut:
    """Return one grant with its usage."""
    (grant,) = [grant for grant in await describe_grants(session, row.agent_id) if grant.id == row.id]
    return grant


async def register_agent(session: DatabaseSession, agent: AgentIn, who: Actor) -> AgentRow:
    """Add an agent. It starts without a score, with the status WATCH."""
    moment = now()
    row = AgentRow(
        id=uuid7(moment.timestamp()),
        **agent.model_dump(),
        status=TrustBand.WATCH.value,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    _audit(
        session, who, Action.AGENT_REGISTERED, row, f"type {row.agent_type}, model {row.model}, team {row.owner_team}"
    )
    await session.flush()
    return row


async def ensure_agent(session: DatabaseSession, agent: AgentIn, who: Actor) -> tuple[AgentRow, bool]:
    """Return the newest agent of this name and team, added if there is none, and whether it is new.

    Concurrent calls get the same agent. The other fields of an existing agent are not updated.
    """
    await repository.lock_name(session, agent.name, agent.owner_team)
    filters = {"name": agent.name, "owner_team": agent.owner_team}
    for row in await repository.find_agents(session, filters, limit=1, offset=0):
        return row, False
    return await register_agent(session, agent, who), True


async def change_agent(
    session: DatabaseSession,
    scorer: Scorer,
    agent_id: UUID,
    changes: dict[str, Any],
    who: Actor,
    note: str | None = None,
) -> AgentRow:
    """Change an agent's fields, and rescore it, since its description matters to posture. Raises NotFound.

    `note` says why, for the audit log.
    """
    agent = await _lock(session, agent_id)
    if "silent_after_hours" in changes and changes["silent_after_hours"] != agent.silent_after_hours:
        await repository.forget_deadline(session, agent_id)
    if changed := _change(agent, changes):
        _audit(session, who, Action.AGENT_CHANGED, agent, _with_note(changed, note))
    agent.updated_at = now()
    await _rescore(session, scorer, agent)
    return agent


async def suspend_agent(session: DatabaseSession, agent_id: UUID, reason: str | None, who: Actor) -> AgentRow:
    """Suspend an agent. One that is suspended already keeps its time and reason. Raises NotFound."""
    agent = await _lock(session, agent_id)
    if agent.suspended_at is None:
        agent.suspended_at = agent.updated_at = agent.rescore_at = now()
        agent.suspended_reason = reason
        agent.silent_since = None
        _audit(session, who, Action.AGENT_SUSPENDED, agent, reason or "")
    return agent


async def resume_agent(session: DatabaseSession, agent_id: UUID, who: Actor) -> AgentRow:
    """End the suspension of an agent, if it is suspended. Raises NotFound."""
    agent = await _lock(session, agent_id)
    if agent.suspended_at is not None:
        agent.suspended_at = agent.suspended_reason = None
        agent.updated_at = now()
        await repository.postpone_deadline(session, agent_id, now() + REST_AFTER_RESUMING)
        _audit(session, who, Action.AGENT_RESUMED, agent)
    return agent


async def remove_agent(session: DatabaseSession, agent_id: UUID, who: Actor) -> None:
    """Delete an agent and all its data: it is gone at once, and its events are erased within minutes.

    Raises NotFound.
    """
    agent = await _lock(session, agent_id)
    _audit(session, who, Action.AGENT_DELETED, agent)
    await repository.remove_agent(session, agent, now())


async def add_grant(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, grant: GrantIn, who: Actor
) -> tuple[ToolGrantRow, bool]:
    """Grant a tool, or update the grant of it that there is; return the grant and whether it is new.

    Raises NotFound.
    """
    agent = await _lock(session, agent_id)
    known = await repository.find_grants_of(session, agent_id, grant.tool_name)
    row = _same_grant(known, grant)
    is_new = row is None
    if row is None:
        row = make_grant(agent_id, grant, now())
        # A server that lists a tool whose server was unknown lists the tool that was corrected.
        row.correction = next((one.correction for one in known if one.server_name is None), None)
        session.add(row)
        _audit(session, who, Action.GRANT_ADDED, agent, _describe(row))
    else:
        _update_grant(session, agent, row, grant, who)
    await _rescore(session, scorer, agent)
    return row, is_new


def _same_grant(known: Sequence[ToolGrantRow], grant: GrantIn) -> ToolGrantRow | None:
    """Return the grant that this one repeats, or None.

    Who observes a call may not know the tool's server, so a grant without one matches that of any server, unless a
    person or a source file declares it.
    """
    is_open = grant.server_name is None and grant.origin is not GrantOrigin.DECLARED
    exact = (row for row in known if row.server_name == grant.server_name)
    loose = (row for row in known if is_open or (row.server_name is None and row.origin != GrantOrigin.DECLARED))
    return next(chain(exact, loose), None)


def _update_grant(session: DatabaseSession, agent: AgentRow, row: ToolGrantRow, grant: GrantIn, who: Actor) -> None:
    """Add to a grant what a repetition knows better: its server, a stronger origin, another limit."""
    changes: dict[str, Any] = {}
    if grant.server_name is not None:
        changes["server_name"] = grant.server_name
    if _STRENGTH[grant.origin] > _STRENGTH[GrantOrigin(row.origin)]:
        changes["origin"] = grant.origin.value
    if "rate_limit_per_hour" in grant.model_fields_set:
        changes["rate_limit_per_hour"] = grant.rate_limit_per_hour
    if changed := _change(row, changes):
        _audit(session, who, Action.GRANT_CHANGED, agent, f"tool {row.tool_name}: {changed}")


def make_grant(agent_id: UUID, grant: GrantIn, moment: datetime) -> ToolGrantRow:
    """Build the row of a grant made at this moment. Scope and danger are derived from the tool's name."""
    tool = classify(grant.tool_name)
    return ToolGrantRow(
        id=uuid7(moment.timestamp()),
        agent_id=agent_id,
        server_name=grant.server_name,
        tool_name=grant.tool_name,
        origin=grant.origin.value,
        scope=tool.scope.value,
        is_dangerous=tool.is_dangerous,
        rate_limit_per_hour=grant.rate_limit_per_hour,
        created_at=moment,
    )


async def change_grant(
    session: DatabaseSession,
    scorer: Scorer,
    agent_id: UUID,
    grant_id: UUID,
    changes: GrantPatch,
    who: Actor,
) -> ToolGrantRow:
    """Change a grant's rate limit or the class of its tool, and record both as one change. Raises NotFound."""
    agent = await _lock(session, agent_id)
    row = await _owned(session, ToolGrantRow, agent_id, grant_id)
    changed = []
    if "rate_limit_per_hour" in changes.model_fields_set:
        changed.append(_change(row, {"rate_limit_per_hour": changes.rate_limit_per_hour}))
    if "tool_class" in changes.model_fields_set:
        changed.append(_correct_class(row, changes, who))
    if text := "; ".join(filter(None, changed)):
        _audit(session, who, Action.GRANT_CHANGED, agent, _with_note(f"tool {row.tool_name}: {text}", changes.note))
    await _rescore(session, scorer, agent)
    return row


def _correct_class(row: ToolGrantRow, changes: GrantPatch, who: Actor) -> str:
    """Give a grant's tool the class that a person says, or that of its name again; describe what differs."""
    before = _class_of(row)
    if changes.tool_class is None:
        row.correction = None
    else:
        given = changes.tool_class.as_class(row.tool_name, "")
        about = {"reason": changes.note, "by": who.name, "at": now().isoformat()}
        row.correction = {**_members(given), **about}
    return describe_changes(before, _class_of(row))


def _class_of(row: ToolGrantRow) -> dict[str, Any]:
    known = known_class(row.tool_name, row.correction)
    return {**_members(known or classify(row.tool_name)), "is_corrected": known is not None}


def _members(tool: ToolClass) -> dict[str, Any]:
    capabilities = sorted(capability.value for capability in tool.capabilities)
    return {"scope": tool.scope.value, "is_dangerous": tool.is_dangerous, "capabilities": capabilities}


async def weigh_class(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, grant_id: UUID, tool_class: ToolClassIn | None
) -> EffectOut:
    """Compute what another class of a grant's tool does to the agent's score. Raises NotFound."""
    row = await _owned(session, ToolGrantRow, agent_id, grant_id)
    known = None if tool_class is None else tool_class.as_class(row.tool_name, "")
    return await scorer.weigh_class(session, agent_id, grant_id, known, now())


async def remove_grant(session: DatabaseSession, scorer: Scorer, agent_id: UUID, grant_id: UUID, who: Actor) -> None:
    """Revoke a tool grant. Raises NotFound."""
    agent = await _lock(session, agent_id)
    row = await _owned(session, ToolGrantRow, agent_id, grant_id)
    await session.delete(row)
    _audit(session, who, Action.GRANT_REMOVED, agent, _describe(row))
    await _rescore(session, scorer, agent)


async def add_connection(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, connection: ConnectionIn, who: Actor
) -> tuple[MCPConnectionRow, bool]:
    """Add an MCP connection, or update the one of this name and address; return it and whether it is new.

    Raises NotFound.
    """
    agent = await _lock(session, agent_id)
    known = await repository.find_connection(session, agent_id, connection.server_name, connection.server_url)
    if known is not None:
        if changed := _change(known, connection.model_dump(exclude_none=True)):
            _audit(session, who, Action.CONNECTION_CHANGED, agent, f"server {known.server_name}: {changed}")
        await _rescore(session, scorer, agent)
        return known, False
    moment = now()
    row = MCPConnectionRow(
        id=uuid7(moment.timestamp()), agent_id=agent_id, **connection.model_dump(), created_at=moment
    )
    session.add(row)
    _audit(session, who, Action.CONNECTION_ADDED, agent, _describe(row))
    await _rescore(session, scorer, agent)
    return row, True


async def change_connection(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, connection_id: UUID, changes: dict[str, Any], who: Actor
) -> MCPConnectionRow:
    """Change an MCP connection. Raises NotFound."""
    agent = await _lock(session, agent_id)
    row = await _owned(session, MCPConnectionRow, agent_id, connection_id)
    name = row.server_name
    if changed := _change(row, changes):
        _audit(session, who, Action.CONNECTION_CHANGED, agent, f"server {name}: {changed}")
    await _rescore(session, scorer, agent)
    return row


async def remove_connection(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, connection_id: UUID, who: Actor
) -> None:
    """Delete an MCP connection. Raises NotFound."""
    agent = await _lock(session, agent_id)
    row = await _owned(session, MCPConnectionRow, agent_id, connection_id)
    await session.delete(row)
    _audit(session, who, Action.CONNECTION_REMOVED, agent, _describe(row))
    await _rescore(session, scorer, agent)


async def _lock(session: DatabaseSession, agent_id: UUID) -> AgentRow:
    agent = await repository.lock_agent(session, agent_id)
    if agent is None:
        raise NotFound("There is no agent with this id")
    return agent


async def _owned(session: DatabaseSession, model: type[Owned], agent_id: UUID, row_id: UUID) -> Owned:
    row = await session.get(model, row_id)
    if row is None or row.agent_id != agent_id:
        raise NotFound("This agent has nothing with this id")
    return row


def _with_note(changed: str, note: str | None) -> str:
    return f"{changed}: {note}" if note else changed


def _change(row: AgentRow | ToolGrantRow | MCPConnectionRow, changes: dict[str, Any]) -> str:
    """Set these values, and describe what differs from before."""
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    return describe_changes(before, changes)


def _describe(row: ToolGrantRow | MCPConnectionRow) -> str:
    if isinstance(row, MCPConnectionRow):
        return f"server {row.server_name} at {row.server_url}"
    limit = f", at most {row.rate_limit_per_hour} an hour" if row.rate_limit_per_hour is not None else ""
    server = f" of server {row.server_name}" if row.server_name is not None else ""
    return f"tool {row.tool_name}{server}{limit}"


def _audit(session: DatabaseSession, who: Actor, action: Action, agent: AgentRow, detail: str = "") -> None:
    audit.record(session, who, action, now(), agent.id, agent.name, detail=detail)


async def _rescore(session: DatabaseSession, scorer: Scorer, agent: AgentRow) -> None:
    await session.flush()
    await scorer.rescore(session, [agent.id], now())
    await session.flush()
