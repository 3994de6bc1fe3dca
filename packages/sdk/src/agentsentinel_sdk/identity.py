"""Which agent a reporter speaks for, and how the server comes to know it.

A key of scope agent is bound to one agent, so nothing has to be said. An admin key reports for the agent whose id is
given, or else for the one of that name and team, which is registered when there is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from agentsentinel_sdk.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    SentinelError,
)
from agentsentinel_sdk.models import Agent, GrantOrigin, KeyInfo, MCPConnection, ObservationKind, ToolGrant

DEFAULT_AGENT_TYPE = "llm_agent"
DEFAULT_MODEL = "unknown"
DEFAULT_TEAM = "unassigned"
"""The API's own defaults."""


@dataclass(frozen=True)
class AgentIdentity:
    """Who an agent is, in its own words."""

    agent_id: str | None = None
    """The id of a registered agent, if it is known."""
    name: str | None = None
    """1..255 characters; with the team it names one agent."""
    agent_type: str = DEFAULT_AGENT_TYPE
    model: str = DEFAULT_MODEL
    owner_team: str = DEFAULT_TEAM
    description: str | None = None
    """What the agent is for, at most 1000 characters; posture rules read it."""


@dataclass(frozen=True)
class KnownAgent:
    """An agent as the server knows it."""

    agent_id: str
    name: str | None
    """None when only the id is known."""
    is_new: bool
    """Registered just now."""
    may_grant: bool
    """Whether the key may state what the agent is granted."""


class Inventory(Protocol):
    """What `Client` is to this module."""

    def whoami(self) -> KeyInfo:
        """Return what the key may do."""

    def ensure_agent(
        self, name: str, agent_type: str, model: str, owner_team: str, description: str | None
    ) -> tuple[Agent, bool]:
        """Return the agent of this name and team, and whether it is new."""

    def add_grant(
        self, agent_id: str, tool_name: str, *, server_name: str | None, origin: GrantOrigin | None
    ) -> ToolGrant:
        """State that the agent may call a tool."""

    def add_mcp_connection(
        self, agent_id: str, server_name: str, server_url: str, *, command: str | None
    ) -> MCPConnection:
        """State that the agent is connected to an MCP server."""

    def report_observation(self, agent_id: str, kind: ObservationKind, detail: str, *, server_name: str | None) -> None:
        """State what a reporter beside the agent has seen."""

    def report_manifest(
        self,
        agent_id: str,
        server_name: str,
        lists: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        principal: str,
        server_version: str | None,
        lists_are_public: bool,
    ) -> None:
        """State what an MCP server offers to the agent."""


class Refusal(Exception):  # what the server said, for good
    """The key, the agent or its description is not accepted; trying again at once cannot help.

    Attributes:
        advice: a sentence that says what a person can do about it.
    """

    def __init__(self, error: SentinelError) -> None:
        super().__init__(str(error))
        self.advice = advice_on(error)


_ADVICE: dict[type[Exception], str] = {
    AuthenticationError: "Set AGENTSENTINEL_API_KEY to a live key (`agentsentinel keys create` makes one)",
    PermissionDenied: "Use this agent's own key of scope agent, or one of scope admin",
    NotFound: "Register the agent, or leave agent_id out",
    InvalidRequest: "Correct what the agent says about itself: its name, team, model or description",
}


def advice_on(error: Exception) -> str:
    """Say what a person can do about a refusal, without a full stop; empty where only waiting helps."""
    return next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), "")


class DeclaredServer(NamedTuple):
    """An MCP server that an agent is connected to."""

    name: str
    url: str
    """http, https, or `stdio:NAME`."""
    command: str | None = None
    """Command line of a stdio server, with its credentials masked."""


@dataclass(frozen=True)
class DeclaredManifest:
    """What an MCP server offers to one principal; the arguments of `Client.report_manifest`."""

    server_name: str
    lists: Mapping[str, Sequence[Mapping[str, Any]]]
    principal: str = ""
    server_version: str | None = None
    lists_are_public: bool = False


class Seen(NamedTuple):
    """What a reporter beside an agent has seen."""

    kind: ObservationKind
    detail: str
    server_name: str | None


SEEN_AGAIN_SECONDS = 3600.0
"""How long after an observation the same one is not stated again."""
MOST_SEEN = 1_000
"""Different observations that are remembered; further ones are left out."""
MOST_MANIFESTS = 100
"""Manifests that are remembered; further ones are left out."""
MANIFEST_PAUSE_SECONDS = 30.0
"""Pause after a manifest could not be stated."""


class AgentRegistry:
    """Finds out once who the agent is, and grants each of its tools once. For one thread.

    Args:
        identity: who the agent says it is.
        on_known: called when the server knows the agent.
        on_notice: called with a sentence for the log.
    """

    def __init__(
        self, identity: AgentIdentity, on_known: Callable[[KnownAgent], object], on_notice: Callable[[str], object]
    ) -> None:
        self._identity = identity
        self._on_known = on_known
        self._on_notice = on_notice
        self._granted: set[tuple[str, str | None]] = set()
        self._connected: set[DeclaredServer] = set()
        self._declared: dict[tuple[str, str | None], None] = {}
        self._servers: dict[DeclaredServer, None] = {}
        self._due_at: dict[Seen, float] = {}
        self._unstated: dict[Seen, None] = {}
        self._manifests: dict[tuple[str, str], DeclaredManifest] = {}
        self._unstated_manifests: dict[tuple[str, str], None] = {}
        self._manifests_due_at = 0.0
        self._may_grant = True
        self.agent: KnownAgent | None = None

    def agent_id(self, inventory: Inventory) -> str:
        """Return the agent's id, asked for when it is first needed; raises Refusal and the errors of the SDK."""
        if self.agent is None:
            try:
                self.agent = self._ask(inventory)
            except (AuthenticationError, PermissionDenied, InvalidRequest) as error:
                raise Refusal(error) from error
            self._may_grant = self.agent.may_grant
            self._announce(self.agent)
        return self.agent.agent_id

    def _announce(self, agent: KnownAgent) -> None:
        try:
            self._on_known(agent)
        except Exception as error:  # of the host's own callback
            self._on_notice(f"a callback raised {type(error).__name__}")

    def forget(self) -> bool:
        """Forget the agent, which the server no longer knows; return whether asking again can help."""
        if self.agent is None or self._identity.agent_id or not self.agent.may_grant:
            return False
        self.agent = None
        self._granted.clear()
        self._connected.clear()
        self._unstated_manifests.update(dict.fromkeys(self._manifests))
        return True

    def declare_tools(self, tools: Iterable[str], server_name: str | None) -> None:
        """Remember tools of an MCP server, to be stated by `state_declared`. Safe to call from any thread."""
        self._declared.update(dict.fromkeys((tool_name, server_name) for tool_name in tools))

    def declare_server(self, server: DeclaredServer) -> None:
        """Remember an MCP server, to be stated by `state_declared`. Safe to call from any thread."""
        self._servers[server] = None

    def declare_manifest(self, manifest: DeclaredManifest) -> None:
        """Remember the newest manifest of a server and principal, to be stated by `state_declared`. For any thread."""
        key = manifest.server_name, manifest.principal
        if key in self._manifests or len(self._manifests) < MOST_MANIFESTS:
            self._manifests[key] = manifest
            self._unstated_manifests[key] = None

    def observe(self, seen: Seen) -> bool:
        """Remember an observation, to be stated by `state_declared`; return whether it is to be. For any thread."""
        moment = time.monotonic()
        due_at = self._due_at.get(seen)
        if len(self._due_at) >= MOST_SEEN if due_at is None else moment < due_at:
            return False
        self._due_at[seen] = moment + SEEN_AGAIN_SECONDS
        self._unstated[seen] = None
        return True

    def state_declared(self, inventory: Inventory) -> None:
        """State the declared tools and MCP servers that were not stated yet; raises errors that may pass."""
        for tool_name, server_name in list(self._declared):
            self._grant(inventory, tool_name, server_name, "listed")
        for server in list(self._servers):
            self._connect(inventory, server)
        for seen in list(self._unstated):
            self._state_seen(inventory, seen)
        if self._unstated_manifests and time.monotonic() >= self._manifests_due_at:
            self._state_manifests(inventory)

    def _state_seen(self, inventory: Inventory, seen: Seen) -> None:
        agent_id = self.agent_id(inventory)
        try:
            inventory.report_observation(agent_id, seen.kind, seen.detail, server_name=seen.server_name)
        except (PermissionDenied, NotFound, InvalidRequest) as error:
            self._on_notice(f"{seen.kind} ({seen.detail}) could not be stated: {error}")
        del self._unstated[seen]

    def _state_manifests(self, inventory: Inventory) -> None:
        """State what is not stated yet. A failure waits for a later call: events do not depend on manifests."""
        try:
            for key in list(self._unstated_manifests):
                self._state_manifest(inventory, key)
        except SentinelError as error:
            self._manifests_due_at = time.monotonic() + MANIFEST_PAUSE_SECONDS
            self._on_notice(f"what an MCP server offers is stated later: {error}")

    def _state_manifest(self, inventory: Inventory, key: tuple[str, str]) -> None:
        manifest = self._manifests[key]
        try:
            inventory.report_manifest(
                self.agent_id(inventory),
                manifest.server_name,
                manifest.lists,
                principal=manifest.principal,
                server_version=manifest.server_version,
                lists_are_public=manifest.lists_are_public,
            )
        except (PermissionDenied, NotFound, InvalidRequest) as error:
            self._on_notice(f"what the MCP server {manifest.server_name!r} offers could not be stated: {error}")
        if self._manifests[key] is manifest:  # another may have been declared meanwhile
            self._unstated_manifests.pop(key, None)

    def _connect(self, inventory: Inventory, server: DeclaredServer) -> None:
        if server in self._connected:
            return
        what = f"the MCP server {server.name!r} could not be stated"
        if self._state(
            lambda agent_id: inventory.add_mcp_connection(agent_id, server.name, server.url, command=server.command),
            inventory,
            what,
        ):
            self._connected.add(server)

    def grant(self, inventory: Inventory, tool_name: str) -> None:
        """State once that the agent has called this tool, if the key may; raises errors that may pass."""
        self._grant(inventory, tool_name, None, "observed")

    def _grant(self, inventory: Inventory, tool_name: str, server_name: str | None, origin: GrantOrigin) -> None:
        if (tool_name, server_name) in self._granted:
            return
        what = f"the tool {tool_name!r} could not be granted"
        if self._state(
            lambda agent_id: inventory.add_grant(agent_id, tool_name, server_name=server_name, origin=origin),
            inventory,
            what,
        ):
            self._granted.add((tool_name, server_name))

    def _state(self, state: Callable[[str], object], inventory: Inventory, failure: str) -> bool:
        """State something of the agent, if the key may; return whether it is done with, and need not be repeated."""
        agent_id = self.agent_id(inventory)
        if not self._may_grant:
            return True
        try:
            state(agent_id)
        except PermissionDenied:
            self._may_grant = False
        except NotFound:
            return False  # the agent has gone: the answers to its events will say so
        except InvalidRequest as error:
            self._on_notice(f"{failure}: {error}")
        return True

    def _ask(self, inventory: Inventory) -> KnownAgent:
        key = inventory.whoami()
        if key.scope == "agent" and key.agent_id:
            if self._identity.agent_id not in (None, key.agent_id):
                raise PermissionDenied(f"this key reports for agent {key.agent_id} and no other", status=403)
            self._on_notice("a key of scope agent states no grants: add them with an admin key, or in the dashboard")
            return KnownAgent(key.agent_id, None, is_new=False, may_grant=False)
        if key.scope != "admin":
            raise PermissionDenied(f"a key of scope {key.scope} cannot report tool calls", status=403)
        if self._identity.agent_id:
            return KnownAgent(self._identity.agent_id, self._identity.name, is_new=False, may_grant=True)
        return self._register(inventory)

    def _register(self, inventory: Inventory) -> KnownAgent:
        who = self._identity
        if not who.name:
            raise PermissionDenied("an admin key reports for any agent: give agent_id or agent_name", status=403)
        agent, is_new = inventory.ensure_agent(who.name, who.agent_type, who.model, who.owner_team, who.description)
        return KnownAgent(agent.id, agent.name, is_new=is_new, may_grant=True)
