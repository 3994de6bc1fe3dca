"""The client for coroutines: every method of `Client`, to be awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx2

from agentsentinel_sdk import _operations as operations
from agentsentinel_sdk._http import MOST_ATTEMPTS, AsyncSender, Call
from agentsentinel_sdk._operations import LARGEST_PAGE, Item, Items, Operation, Result
from agentsentinel_sdk.client import (
    DEFAULT_BASE_URL,
    DEFAULT_TIMEOUT_SECONDS,
    LARGEST_BATCH,
    checked_health,
    checked_url,
    http_settings,
)
from agentsentinel_sdk.errors import InvalidArgument, NotFound, UnexpectedAnswer
from agentsentinel_sdk.identity import DEFAULT_AGENT_TYPE, DEFAULT_MODEL, DEFAULT_TEAM
from agentsentinel_sdk.models import (
    Agent,
    ApiKey,
    AuditEntry,
    Baseline,
    Finding,
    GrantOrigin,
    Health,
    KeyInfo,
    MCPConnection,
    MCPManifest,
    ObservationKind,
    Rejected,
    Score,
    Scored,
    ScorePoint,
    StoredEvent,
    ToolCallEvent,
    ToolGrant,
)


class AsyncClient:
    """`Client` for coroutines, with the same parameters, answers and errors. For one event loop."""

    def __init__(
        self,
        api_key: str,
        base_url: str = DEFAULT_BASE_URL,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> None:
        self._base_url = checked_url(base_url)
        settings = http_settings(api_key, self._base_url, timeout)
        self._http = httpx2.AsyncClient(**settings, transport=transport)
        self._sender = AsyncSender(self._http, timeout, most_attempts)

    def __repr__(self) -> str:
        return f"AsyncClient(base_url={self._base_url!r})"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back; later calls raise `InvalidArgument`."""
        await self._http.aclose()

    @property
    def base_url(self) -> str:
        """Where the server is, without a trailing slash."""
        return self._base_url

    async def health(self) -> Health:
        """Whether an AgentSentinel server answers here; the one method that needs no valid key; see `Client.health`."""
        try:
            return checked_health(await self._send(Call("GET", "/health")), self._base_url)
        except NotFound:
            raise UnexpectedAnswer(f"what answers at {self._base_url} is not AgentSentinel") from None

    async def whoami(self) -> KeyInfo:
        """Return the key in use and the agent for which it may report; see `Client.whoami`."""
        return await self._do(operations.whoami())

    async def create_key(
        self, name: str, scope: str, agent_id: str | UUID | None = None, *, expires_at: datetime | None = None
    ) -> ApiKey:
        """Make a key; see `Client.create_key`."""
        return await self._do(operations.create_key(name, scope, agent_id, expires_at))

    async def list_keys(
        self, *, include_revoked: bool = False, limit: int = LARGEST_PAGE, offset: int = 0
    ) -> list[ApiKey]:
        """Live keys, newest first; see `Client.list_keys`."""
        return await self._do(operations.list_keys(include_revoked, limit, offset))

    async def rotate_key(
        self, key_id: str | UUID, *, overlap_seconds: int | None = None, expires_at: datetime | None = None
    ) -> ApiKey:
        """Make a key in the place of another one; its text is in `key`, this once; see `Client.rotate_key`."""
        return await self._do(operations.rotate_key(key_id, overlap_seconds, expires_at))

    async def revoke_key(self, key_id: str | UUID) -> None:
        """Make a key useless, for ever; see `Client.revoke_key`."""
        await self._do(operations.revoke_key(key_id))

    def audit_log(self, action: str | None = None) -> AsyncIterator[AuditEntry]:
        """Who did what and who was refused, newest first, all of it or one `action`; see `Client.audit_log`."""
        return self._walk(lambda cursor: operations.audit_log(action, cursor))

    async def register_agent(
        self,
        name: str,
        agent_type: str = DEFAULT_AGENT_TYPE,
        model: str = DEFAULT_MODEL,
        owner_team: str = DEFAULT_TEAM,
        description: str | None = None,
    ) -> Agent:
        """Add an agent to the inventory; needs an admin key; see `Client.register_agent`."""
        body = {
            "name": name,
            "agent_type": agent_type,
            "model": model,
            "owner_team": owner_team,
            "description": description,
        }
        return await self._do(operations.register_agent(body, reuse=False))

    async def ensure_agent(
        self,
        name: str,
        agent_type: str = DEFAULT_AGENT_TYPE,
        model: str = DEFAULT_MODEL,
        owner_team: str = DEFAULT_TEAM,
        description: str | None = None,
    ) -> tuple[Agent, bool]:
        """Return the agent of this name and team; see `Client.ensure_agent`."""
        for agent in await self.list_agents(name=name, owner_team=owner_team):
            if (agent.name, agent.owner_team) == (name, owner_team):
                return agent, False
        body = {
            "name": name,
            "agent_type": agent_type,
            "model": model,
            "owner_team": owner_team,
            "description": description,
        }
        return await self._do(operations.register_agent(body, reuse=True)), True

    async def list_agents(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        owner_team: str | None = None,
        limit: int = LARGEST_PAGE,
        offset: int = 0,
    ) -> list[Agent]:
        """Agents that match all given filters, newest first; see `Client.list_agents`."""
        query = {"name": name, "status": status, "owner_team": owner_team, "limit": limit, "offset": offset}
        return await self._do(operations.list_agents(query))

    async def find_agent(self, name: str) -> Agent | None:
        """Return the newest agent of exactly this name, or None; see `Client.find_agent`."""
        offset = 0
        while page := await self.list_agents(name=name, offset=offset):
            match = next((agent for agent in page if agent.name == name), None)
            if match is not None or len(page) < LARGEST_PAGE:
                return match
            offset += len(page)
        return None

    async def get_agent(self, agent_id: str | UUID) -> Agent:
        """One agent with its grants, MCP connections and findings; see `Client.get_agent`."""
        return await self._do(operations.get_agent(agent_id))

    async def report_observation(
        self, agent_id: str | UUID, kind: ObservationKind, detail: str, *, server_name: str | None = None
    ) -> None:
        """State what a reporter beside the agent has seen; see `Client.report_observation`."""
        await self._do(operations.report_observation(agent_id, kind, detail, server_name))

    async def report_manifest(
        self,
        agent_id: str | UUID,
        server_name: str,
        lists: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        principal: str = "",
        server_version: str | None = None,
        lists_are_public: bool = False,
    ) -> None:
        """State what an MCP server offers to the agent; see `Client.report_manifest`."""
        operation = operations.report_manifest(
            agent_id, server_name, lists, principal, server_version, lists_are_public=lists_are_public
        )
        await self._do(operation)

    async def list_manifests(self, agent_id: str | UUID) -> list[MCPManifest]:
        """List what the MCP servers of an agent offer; see `Client.list_manifests`."""
        return await self._do(operations.list_manifests(agent_id))

    async def get_manifest(self, agent_id: str | UUID, manifest_id: str | UUID) -> MCPManifest:
        """Return what one MCP server offers; see `Client.get_manifest`."""
        return await self._do(operations.get_manifest(agent_id, manifest_id))

    async def approve_manifest(
        self, agent_id: str | UUID, manifest_id: str | UUID, digest: str, note: str | None = None
    ) -> MCPManifest:
        """Pin what an MCP server offers now; see `Client.approve_manifest`."""
        return await self._do(operations.decide_manifest(agent_id, manifest_id, "approve", digest, note))

    async def reject_manifest(
        self, agent_id: str | UUID, manifest_id: str | UUID, digest: str, note: str | None = None
    ) -> MCPManifest:
        """Reject what an MCP server offers now; see `Client.reject_manifest`."""
        return await self._do(operations.decide_manifest(agent_id, manifest_id, "reject", digest, note))

    async def remove_manifest(self, agent_id: str | UUID, manifest_id: str | UUID) -> None:
        """Forget what is pinned; see `Client.remove_manifest`."""
        await self._do(operations.remove_manifest(agent_id, manifest_id))

    async def change_agent(self, agent_id: str | UUID, **changes: str | None) -> Agent:
        """Change `name`, `agent_type`, `model`, `owner_team` or `description`; see `Client.change_agent`."""
        return await self._do(operations.change_agent(agent_id, changes))

    async def remove_agent(self, agent_id: str | UUID) -> None:
        """Delete an agent with its grants; see `Client.remove_agent`."""
        await self._do(operations.remove_agent(agent_id))

    async def add_grant(
        self,
        agent_id: str | UUID,
        tool_name: str,
        rate_limit_per_hour: int | None = None,
        *,
        server_name: str | None = None,
        origin: GrantOrigin | None = None,
    ) -> ToolGrant:
        """State that the agent may call a tool; see `Client.add_grant`."""
        return await self._do(operations.add_grant(agent_id, tool_name, rate_limit_per_hour, server_name, origin))

    async def change_grant(
        self, agent_id: str | UUID, grant_id: str | UUID, rate_limit_per_hour: int | None
    ) -> ToolGrant:
        """Set a grant's limit, or lift it with None; see `Client.change_grant`."""
        return await self._do(operations.change_grant(agent_id, grant_id, rate_limit_per_hour))

    async def remove_grant(self, agent_id: str | UUID, grant_id: str | UUID) -> None:
        """Take a grant back; calls of the tool stay counted; see `Client.remove_grant`."""
        await self._do(operations.remove_grant(agent_id, grant_id))

    async def add_mcp_connection(
        self,
        agent_id: str | UUID,
        server_name: str,
        server_url: str,
        capabilities: Sequence[str] | None = None,
        *,
        command: str | None = None,
    ) -> MCPConnection:
        """State that the agent is connected to an MCP server; see `Client.add_mcp_connection`."""
        return await self._do(operations.add_mcp_connection(agent_id, server_name, server_url, capabilities, command))

    async def change_mcp_connection(
        self, agent_id: str | UUID, connection_id: str | UUID, **changes: str | Sequence[str] | None
    ) -> MCPConnection:
        """Change `server_name`, `server_url` or `capabilities`; see `Client.change_mcp_connection`."""
        return await self._do(operations.change_mcp_connection(agent_id, connection_id, changes))

    async def remove_mcp_connection(self, agent_id: str | UUID, connection_id: str | UUID) -> None:
        """State that the agent is not connected to an MCP server any more; see `Client.remove_mcp_connection`."""
        await self._do(operations.remove_mcp_connection(agent_id, connection_id))

    async def report(self, event: ToolCallEvent) -> Scored:
        """Report one tool call and get its anomaly score. See `Client.report`."""
        return await self._do(operations.report(event))

    async def report_batch(self, events: Sequence[ToolCallEvent]) -> list[Scored | Rejected]:
        """Report many tool calls; see `Client.report_batch`."""
        remaining = iter(events)
        answers: list[Scored | Rejected] = []
        while part := list(islice(remaining, LARGEST_BATCH)):
            part_answers: list[Scored | Rejected] = await self._do(operations.report_batch(part))
            answers += part_answers
        return answers

    def list_events(self, agent_id: str | UUID | None = None) -> AsyncIterator[StoredEvent]:
        """Events, newest first, of one agent or of all; see `Client.list_events`."""
        return self._walk(lambda cursor: operations.list_events(agent_id, cursor))

    async def score(self, agent_id: str | UUID) -> Score:
        """Compute the agent's Trust Score anew and return it; see `Client.score`."""
        return await self._do(operations.score(agent_id))

    def score_history(self, agent_id: str | UUID) -> AsyncIterator[ScorePoint]:
        """Every change of the score, newest first; pages are fetched as they are needed; see `Client.score_history`."""
        return self._walk(lambda cursor: operations.score_history(agent_id, cursor))

    async def baselines(self, agent_id: str | UUID) -> list[Baseline]:
        """Return what is normal for each tool that the agent has called; see `Client.baselines`."""
        return await self._do(operations.baselines(agent_id))

    async def findings(
        self,
        agent_id: str | UUID,
        status: str | None = None,
        severity: str | None = None,
        *,
        limit: int = LARGEST_PAGE,
        offset: int = 0,
    ) -> list[Finding]:
        """List findings about the agent that match all filters, newest first; see `Client.findings`."""
        filters = {"status": status, "severity": severity, "limit": limit, "offset": offset}
        return await self._do(operations.findings(agent_id, filters))

    async def decide_finding(self, finding_id: str | UUID, status: str, note: str | None = None) -> Finding:
        """Decide on a finding; see `Client.decide_finding`."""
        return await self._do(operations.decide_finding(finding_id, status, note))

    async def _walk(self, page_at: Callable[[str | None], Operation[Items[Item]]]) -> AsyncIterator[Item]:
        cursor: str | None = None
        while True:
            page = await self._do(page_at(cursor))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _do(self, operation: Operation[Result]) -> Result:
        return operation.read(await self._send(operation.call))

    async def _send(self, call: Call) -> object:
        if self._http.is_closed:
            raise InvalidArgument("this client is closed")
        return await self._sender.send(call)
