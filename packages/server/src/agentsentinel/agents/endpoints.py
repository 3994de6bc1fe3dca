"""Endpoints of agents, their tool grants and their MCP connections."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from agentsentinel.agents import repository, service
from agentsentinel.agents.schemas import (
    AgentDetail,
    AgentIn,
    AgentOut,
    AgentPatch,
    ConnectionIn,
    ConnectionOut,
    ConnectionPatch,
    GrantEffectIn,
    GrantIn,
    GrantOut,
    GrantPatch,
    Monitoring,
    SuspensionIn,
)
from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.text import Text
from agentsentinel.scores.explanation import EffectOut
from agentsentinel_core.trust.bands import TrustBand

router = APIRouter(prefix="/agents", tags=["agents"], route_class=AuthorizedRoute)

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
TextFilter = Annotated[Text | None, Query(max_length=255)]


@router.post("", status_code=201, responses={200: {"model": AgentOut, "description": "Registered already, with reuse"}})
@require_scopes(KeyScope.ADMIN)
async def register_agent(
    agent: AgentIn, session: Session, response: Response, who: CurrentActor, reuse: bool = False
) -> AgentOut:
    """Register an agent; with `reuse`, return the newest agent of the same name and team if there is one."""
    if not reuse:
        return AgentOut.model_validate(await service.register_agent(session, agent, who))
    row, is_new = await service.ensure_agent(session, agent, who)
    if not is_new:
        response.status_code = 200
    return AgentOut.model_validate(row)


@router.get("", response_model=list[AgentOut])
@require_scopes(*READERS)
async def list_agents(
    session: Session,
    status: TrustBand | None = None,
    owner_team: TextFilter = None,
    name: TextFilter = None,
    monitoring: Monitoring | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """List agents, newest first."""
    filters = {
        "status": status.value if status else None,
        "owner_team": owner_team,
        "name": name,
        "monitoring": monitoring.value if monitoring else None,
    }
    given = {column: value for column, value in filters.items() if value is not None}
    agents = await repository.list_agents(session, given, limit, offset)
    # Encoded without validation, which would take three times as long as reading the rows.
    return Response(msgspec.json.encode(agents), media_type="application/json")


@router.get("/{agent_id}")
@require_scopes(*READERS)
async def get_agent(agent_id: UUID, session: Session, platform: PlatformDep) -> AgentDetail:
    """Return one agent with its grants, MCP connections and findings."""
    await platform.counters.settle()
    return await service.describe_agent(session, agent_id)


@router.patch("/{agent_id}")
@require_scopes(KeyScope.ADMIN)
async def change_agent(agent_id: UUID, changes: AgentPatch, platform: PlatformDep, who: CurrentActor) -> AgentOut:
    """Change an agent's name, team, model, type, description, or when it counts as silent."""
    fields = changes.model_dump(exclude_unset=True, exclude={"note"})
    async with platform.database.transaction() as session:
        agent = await service.change_agent(session, platform.scorer, agent_id, fields, who, changes.note)
    platform.pipeline.rename_agent(agent_id, agent.name)
    return AgentOut.model_validate(agent)


@router.post("/{agent_id}/suspend")
@require_scopes(KeyScope.ADMIN)
async def suspend_agent(
    agent_id: UUID, session: Session, who: CurrentActor, suspension: SuspensionIn | None = None
) -> AgentOut:
    """Suspend an agent: shims that enforce refuse its calls. Its events are stored and scored as before."""
    reason = suspension.reason if suspension is not None else None
    return AgentOut.model_validate(await service.suspend_agent(session, agent_id, reason, who))


@router.post("/{agent_id}/resume")
@require_scopes(KeyScope.ADMIN)
async def resume_agent(agent_id: UUID, session: Session, who: CurrentActor) -> AgentOut:
    """End the suspension of an agent."""
    return AgentOut.model_validate(await service.resume_agent(session, agent_id, who))


@router.delete("/{agent_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def remove_agent(agent_id: UUID, platform: PlatformDep, who: CurrentActor) -> None:
    """Delete an agent with its events, findings and history. Its keys stop working."""
    async with platform.database.transaction() as session:
        await service.remove_agent(session, agent_id, who)
    platform.pipeline.forget_agents([agent_id])


@router.post(
    "/{agent_id}/grants", status_code=201, responses={200: {"model": GrantOut, "description": "Granted already"}}
)
@require_scopes(KeyScope.ADMIN)
async def add_grant(
    agent_id: UUID, grant: GrantIn, session: Session, platform: PlatformDep, response: Response, who: CurrentActor
) -> GrantOut:
    """Grant a tool. Scope and danger are derived from its name; granting it again updates its rate limit and origin."""
    row, is_new = await service.add_grant(session, platform.scorer, agent_id, grant, who)
    response.status_code = 201 if is_new else 200
    return await service.describe_grant(session, row)


@router.patch("/{agent_id}/grants/{grant_id}")
@require_scopes(KeyScope.ADMIN)
async def change_grant(
    agent_id: UUID, grant_id: UUID, changes: GrantPatch, session: Session, platform: PlatformDep, who: CurrentActor
) -> GrantOut:
    """Set or lift a grant's rate limit, or correct the class of its tool, with the reason."""
    row = await service.change_grant(session, platform.scorer, agent_id, grant_id, changes, who)
    return await service.describe_grant(session, row)


@router.post("/{agent_id}/grants/{grant_id}/effect")
@require_scopes(KeyScope.ADMIN)
async def weigh_class(
    agent_id: UUID, grant_id: UUID, tried: GrantEffectIn, session: Session, platform: PlatformDep
) -> EffectOut:
    """Compute what another class of a grant's tool would do to the score. Changes nothing."""
    return await service.weigh_class(session, platform.scorer, agent_id, grant_id, tried.tool_class)


@router.delete("/{agent_id}/grants/{grant_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def remove_grant(
    agent_id: UUID, grant_id: UUID, session: Session, platform: PlatformDep, who: CurrentActor
) -> None:
    """Revoke a tool grant."""
    await service.remove_grant(session, platform.scorer, agent_id, grant_id, who)


@router.post(
    "/{agent_id}/mcp", status_code=201, responses={200: {"model": ConnectionOut, "description": "Known already"}}
)
@require_scopes(KeyScope.ADMIN)
async def add_connection(
    agent_id: UUID,
    connection: ConnectionIn,
    session: Session,
    platform: PlatformDep,
    response: Response,
    who: CurrentActor,
) -> ConnectionOut:
    """Add an MCP server that the agent talks to; one of the same name and address is updated instead."""
    row, is_new = await service.add_connection(session, platform.scorer, agent_id, connection, who)
    response.status_code = 201 if is_new else 200
    return ConnectionOut.model_validate(row)


@router.patch("/{agent_id}/mcp/{connection_id}")
@require_scopes(KeyScope.ADMIN)
async def change_connection(
    agent_id: UUID,
    connection_id: UUID,
    changes: ConnectionPatch,
    session: Session,
    platform: PlatformDep,
    who: CurrentActor,
) -> ConnectionOut:
    """Change an MCP connection."""
    fields = changes.model_dump(exclude_unset=True)
    return ConnectionOut.model_validate(
        await service.change_connection(session, platform.scorer, agent_id, connection_id, fields, who)
    )


@router.delete("/{agent_id}/mcp/{connection_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def remove_connection(
    agent_id: UUID, connection_id: UUID, session: Session, platform: PlatformDep, who: CurrentActor
) -> None:
    """Delete an MCP connection."""
    await service.remove_connection(session, platform.scorer, agent_id, connection_id, who)
