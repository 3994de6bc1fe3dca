"""The blocking client of the AgentSentinel API: one method per endpoint, typed answers, one tree of errors."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx2

from agentsentinel_sdk import _operations as operations
from agentsentinel_sdk._http import MOST_ATTEMPTS, Call, Sender
from agentsentinel_sdk._operations import API, LARGEST_PAGE, Item, Items, Operation, Result
from agentsentinel_sdk._version import __version__
from agentsentinel_sdk.errors import InvalidArgument, NotFound, UnexpectedAnswer, one_line
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

DEFAULT_BASE_URL = "http://localhost:9000"
DEFAULT_TIMEOUT_SECONDS = 10.0
LARGEST_BATCH = 500
"""Events sent in one request: half of what the server takes, so that long names stay under its body limit too."""

CA_FILE_VARIABLE = "SENTINEL_CA_FILE"

_SERVICE = "agentsentinel"


class Client:
    """Talks to one AgentSentinel server with one API key. Safe to share between threads; close it, or use `with`.

    Every method blocks for at most about `timeout` seconds, in which it also retries what the server could not take
    (429, 503, lost connections). Any method may raise the errors of `agentsentinel_sdk.errors`.

    Args:
        api_key: `as_adm_...` for everything, `as_agt_...` to report for one agent, `as_ro_...` to read. It is sent
            in a header and shown nowhere: not in `repr`, errors or logs.
        base_url: where the server is; http or https, a path prefix is kept.
        timeout: seconds for a whole call, retries and pauses included.
        transport: how requests travel: `agentsentinel_sdk.testing.FakeSentinel().transport` in tests, or
            `httpx2.HTTPTransport(verify=ssl_context)` for a context of your own.
        most_attempts: how often a request is tried in all; 1 for callers that repeat in their own way.

    Redirects are not followed, so the key goes to no other address. Proxy variables, `.netrc` and the like in the
    environment are ignored; SENTINEL_CA_FILE names a PEM file with the server's own certificate or its authority.

    Raises:
        InvalidArgument: the key or the URL cannot be right, or SENTINEL_CA_FILE cannot be read.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = DEFAULT_BASE_URL,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        transport: httpx2.BaseTransport | None = None,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> None:
        self._base_url = checked_url(base_url)
        settings = http_settings(api_key, self._base_url, timeout)
        self._http = httpx2.Client(**settings, transport=transport)
        self._sender = Sender(self._http, timeout, most_attempts=most_attempts)

    def __repr__(self) -> str:
        return f"Client(base_url={self._base_url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; later calls raise `InvalidArgument`."""
        self._http.close()

    @property
    def base_url(self) -> str:
        """Where the server is, without a trailing slash."""
        return self._base_url

    # --- the server and the key ---------------------------------------------------------------------------------

    def health(self) -> Health:
        """Whether an AgentSentinel server answers here; the one method that needs no valid key.

        Raises `UnexpectedAnswer` when something else answers.
        """
        try:
            return checked_health(self._send(Call("GET", "/health")), self._base_url)
        except NotFound:
            raise UnexpectedAnswer(f"what answers at {self._base_url} is not AgentSentinel") from None

    def whoami(self) -> KeyInfo:
        """Return the key in use and the agent for which it may report."""
        return self._do(operations.whoami())

    # --- the inventory ------------------------------------------------------------------------------------------

    def register_agent(
        self,
        name: str,
        agent_type: str = "llm_agent",
        model: str = "unknown",
        owner_team: str = "unassigned",
        description: str | None = None,
    ) -> Agent:
        """Add an agent to the inventory; needs an admin key.

        Names need not be unique, so this is not repeated when the connection breaks half-way: use `find_agent`
        before trying again.
        """
        body = {
            "name": name,
            "agent_type": agent_type,
            "model": model,
            "owner_team": owner_team,
            "description": description,
        }
        return self._do(operations.register_agent(body, reuse=False))

    def ensure_agent(
        self,
        name: str,
        agent_type: str = "llm_agent",
        model: str = "unknown",
        owner_team: str = "unassigned",
        description: str | None = None,
    ) -> tuple[Agent, bool]:
        """Return the agent of this name and team, registered if there is none, and whether it is new.

        Doing it twice, or in two processes at once, gives the same agent; needs an admin key. What a known agent
        says about itself is left as it is.
        """
        for agent in self.list_agents(name=name, owner_team=owner_team):
            if (agent.name, agent.owner_team) == (name, owner_team):
                return agent, False
        body = {
            "name": name,
            "agent_type": agent_type,
            "model": model,
            "owner_team": owner_team,
            "description": description,
        }
        return self._do(operations.register_agent(body, reuse=True)), True

    def list_agents(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        owner_team: str | None = None,
        limit: int = LARGEST_PAGE,
        offset: int = 0,
    ) -> list[Agent]:
        """Agents that match all given filters, newest first; at most `limit` (1..500) from `offset` on."""
        query = {"name": name, "status": status, "owner_team": owner_team, "limit": limit, "offset": offset}
        return self._do(operations.list_agents(query))

    def find_agent(self, name: str) -> Agent | None:
        """Return the newest agent of exactly this name, or None."""
        offset = 0
        while page := self.list_agents(name=name, offset=offset):
            # The filter narrows the list; what "exactly" means is decided here.
            match = next((agent for agent in page if agent.name == name), None)
            if match is not None or len(page) < LARGEST_PAGE:
                return match
            offset += len(page)
        return None

    def get_agent(self, agent_id: str | UUID) -> Agent:
        """One agent with its grants, MCP connections and findings."""
        return self._do(operations.get_agent(agent_id))

    def add_grant(
        self,
        agent_id: str | UUID,
        tool_name: str,
        rate_limit_per_hour: int | None = None,
        *,
        server_name: str | None = None,
        origin: GrantOrigin | None = None,
    ) -> ToolGrant:
        """State that the agent may call a tool, `rate_limit_per_hour` (1..100000) times at most; needs an admin key.

        A tool that is granted already keeps its history, and its limit unless a new one is given.

        Args:
            agent_id: the agent's id.
            tool_name: 1..255 characters.
            rate_limit_per_hour: None sets no limit, and leaves one that is set.
            server_name: the MCP server of the tool; None for a tool of the agent's own.
            origin: where the grant is known from; None is `declared`.
        """
        return self._do(operations.add_grant(agent_id, tool_name, rate_limit_per_hour, server_name, origin))

    def add_mcp_connection(
        self,
        agent_id: str | UUID,
        server_name: str,
        server_url: str,
        capabilities: Sequence[str] | None = None,
        *,
        command: str | None = None,
    ) -> MCPConnection:
        """State that the agent is connected to an MCP server; needs an admin key. A known one is updated.

        Args:
            agent_id: the agent's id.
            server_name: the server's name in the agent's configuration.
            server_url: http, https, or `stdio:NAME` for a server that the agent's machine starts.
            capabilities: what the server says it offers.
            command: command line of a stdio server; the server of AgentSentinel masks credentials in it.
        """
        return self._do(operations.add_mcp_connection(agent_id, server_name, server_url, capabilities, command))

    def report_observation(
        self, agent_id: str | UUID, kind: ObservationKind, detail: str, *, server_name: str | None = None
    ) -> None:
        """State what a reporter beside the agent has seen, such as the MCP shim; the agent's own key may.

        Args:
            agent_id: the agent's id.
            kind: `message_smuggling`: a message that can be read in two ways.
            detail: names of what was seen, never values; 1..255 characters.
            server_name: the MCP server it concerns.
        """
        self._do(operations.report_observation(agent_id, kind, detail, server_name))

    def report_manifest(
        self,
        agent_id: str | UUID,
        server_name: str,
        lists: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        principal: str = "",
        server_version: str | None = None,
        lists_are_public: bool = False,
    ) -> None:
        """State what an MCP server offers to the agent; the agent's own key may. What is new is pinned.

        Args:
            agent_id: the agent's id.
            server_name: the server's name in the agent's configuration.
            lists: kind -> all definitions of that kind, as the server lists them. Kinds: `tool`, `prompt`,
                `resource-template`, `skill`, and `instructions` with at most one `{"text": ...}`. Kinds that are left
                out stay as they are known.
            principal: a digest of whom the lists are for, at most 64 of `0-9a-f`; empty where they are for everyone.
            server_version: the version that the server states.
            lists_are_public: whether the server lets caches share its lists.
        """
        operation = operations.report_manifest(
            agent_id, server_name, lists, principal, server_version, lists_are_public=lists_are_public
        )
        self._do(operation)

    def list_manifests(self, agent_id: str | UUID) -> list[MCPManifest]:
        """List what the MCP servers of an agent offer, by server and principal."""
        return self._do(operations.list_manifests(agent_id))

    def get_manifest(self, agent_id: str | UUID, manifest_id: str | UUID) -> MCPManifest:
        """Return what one MCP server offers, with the text of each difference from what is pinned."""
        return self._do(operations.get_manifest(agent_id, manifest_id))

    def approve_manifest(
        self, agent_id: str | UUID, manifest_id: str | UUID, digest: str, note: str | None = None
    ) -> MCPManifest:
        """Pin what an MCP server offers now.

        Args:
            agent_id: the agent's id.
            manifest_id: the manifest's id.
            digest: that of the manifest which was read; `Conflict` when the server offers something else by then.
            note: why, for the audit log.
        """
        return self._do(operations.decide_manifest(agent_id, manifest_id, "approve", digest, note))

    def reject_manifest(
        self, agent_id: str | UUID, manifest_id: str | UUID, digest: str, note: str | None = None
    ) -> MCPManifest:
        """Reject what an MCP server offers now, and leave what is pinned; the arguments are those of approval."""
        return self._do(operations.decide_manifest(agent_id, manifest_id, "reject", digest, note))

    def remove_manifest(self, agent_id: str | UUID, manifest_id: str | UUID) -> None:
        """Forget what is pinned; what the server offers next is pinned as it is then."""
        self._do(operations.remove_manifest(agent_id, manifest_id))

    def change_agent(self, agent_id: str | UUID, **changes: str | None) -> Agent:
        """Change `name`, `agent_type`, `model`, `owner_team` or `description`; only the last may be None."""
        return self._do(operations.change_agent(agent_id, changes))

    def remove_agent(self, agent_id: str | UUID) -> None:
        """Delete an agent with its grants, connections, events, findings and history. There is no way back."""
        self._do(operations.remove_agent(agent_id))

    def change_grant(self, agent_id: str | UUID, grant_id: str | UUID, rate_limit_per_hour: int | None) -> ToolGrant:
        """Set a grant's limit, or lift it with None."""
        return self._do(operations.change_grant(agent_id, grant_id, rate_limit_per_hour))

    def remove_grant(self, agent_id: str | UUID, grant_id: str | UUID) -> None:
        """Take a grant back; calls of the tool stay counted."""
        self._do(operations.remove_grant(agent_id, grant_id))

    def change_mcp_connection(
        self, agent_id: str | UUID, connection_id: str | UUID, **changes: str | Sequence[str] | None
    ) -> MCPConnection:
        """Change `server_name`, `server_url` or `capabilities`; only the last may be None."""
        return self._do(operations.change_mcp_connection(agent_id, connection_id, changes))

    def remove_mcp_connection(self, agent_id: str | UUID, connection_id: str | UUID) -> None:
        """State that the agent is not connected to an MCP server any more."""
        self._do(operations.remove_mcp_connection(agent_id, connection_id))

    # --- keys, and who used them --------------------------------------------------------------------------------------

    def create_key(
        self, name: str, scope: str, agent_id: str | UUID | None = None, *, expires_at: datetime | None = None
    ) -> ApiKey:
        """Make a key; its text is in `key`, this once. `agent_id` for scope `agent`, and only there.

        With `expires_at`, an aware time, the key ends by itself.
        """
        return self._do(operations.create_key(name, scope, agent_id, expires_at))

    def list_keys(self, *, include_revoked: bool = False, limit: int = LARGEST_PAGE, offset: int = 0) -> list[ApiKey]:
        """Live keys, newest first; `include_revoked` adds those that were revoked or have expired."""
        return self._do(operations.list_keys(include_revoked, limit, offset))

    def rotate_key(
        self, key_id: str | UUID, *, overlap_seconds: int | None = None, expires_at: datetime | None = None
    ) -> ApiKey:
        """Make a key in the place of another one; its text is in `key`, this once.

        Args:
            key_id: the key to replace; it may be the one in use.
            overlap_seconds: how long the old key goes on working, 0 to 30 days; a day when None.
            expires_at: when the new key ends, an aware time; None lets it live as long as the old one was to.

        Raises `NotFound` for a key that is not live, and `Conflict` for one that was rotated already.
        """
        return self._do(operations.rotate_key(key_id, overlap_seconds, expires_at))

    def revoke_key(self, key_id: str | UUID) -> None:
        """Make a key useless, for ever.

        Raises `InvalidRequest` for the key in use, and `Conflict` for the last admin key.
        """
        self._do(operations.revoke_key(key_id))

    def audit_log(self, action: str | None = None) -> Iterator[AuditEntry]:
        """Who did what and who was refused, newest first, all of it or one `action`; pages are fetched as needed."""
        return self._walk(lambda cursor: operations.audit_log(action, cursor))

    # --- what agents do -----------------------------------------------------------------------------------------

    def report(self, event: ToolCallEvent) -> Scored:
        """Report one tool call and get its anomaly score. Reporting the same event again changes nothing."""
        return self._do(operations.report(event))

    def report_batch(self, events: Sequence[ToolCallEvent]) -> list[Scored | Rejected]:
        """Report many tool calls; one answer per event, in their order. An event the server refuses hinders no other.

        Long batches travel in parts. When a part fails as a whole the error is raised, and the entire batch may be
        reported again: events that arrived are not counted twice.
        """
        remaining = iter(events)
        answers: list[Scored | Rejected] = []
        while part := list(islice(remaining, LARGEST_BATCH)):
            part_answers: list[Scored | Rejected] = self._do(operations.report_batch(part))
            answers += part_answers
        return answers

    def list_events(self, agent_id: str | UUID | None = None) -> Iterator[StoredEvent]:
        """Events, newest first, of one agent or of all; pages are fetched as they are needed."""
        return self._walk(lambda cursor: operations.list_events(agent_id, cursor))

    def score(self, agent_id: str | UUID) -> Score:
        """Compute the agent's Trust Score anew and return it."""
        return self._do(operations.score(agent_id))

    def findings(
        self,
        agent_id: str | UUID,
        status: str | None = None,
        severity: str | None = None,
        *,
        limit: int = LARGEST_PAGE,
        offset: int = 0,
    ) -> list[Finding]:
        """List findings about the agent that match all filters, newest first; at most `limit` (1..500)."""
        filters = {"status": status, "severity": severity, "limit": limit, "offset": offset}
        return self._do(operations.findings(agent_id, filters))

    def decide_finding(self, finding_id: str | UUID, status: str, note: str | None = None) -> Finding:
        """Make a finding `ACKNOWLEDGED`, `RESOLVED` or `OPEN`, with a note if there is something to say."""
        return self._do(operations.decide_finding(finding_id, status, note))

    def score_history(self, agent_id: str | UUID) -> Iterator[ScorePoint]:
        """Every change of the score, newest first; pages are fetched as they are needed."""
        return self._walk(lambda cursor: operations.score_history(agent_id, cursor))

    def baselines(self, agent_id: str | UUID) -> list[Baseline]:
        """Return what is normal for each tool that the agent has called."""
        return self._do(operations.baselines(agent_id))

    def post_batch(self, body: bytes) -> object:
        """Send a batch that is JSON already and return the JSON of the answer; for callers inside this package."""
        return self._send(Call("POST", f"{API}/events/batch", body))

    def _walk(self, page_at: Callable[[str | None], Operation[Items[Item]]]) -> Iterator[Item]:
        cursor: str | None = None
        while True:
            page = self._do(page_at(cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _do(self, operation: Operation[Result]) -> Result:
        return operation.read(self._send(operation.call))

    def _send(self, call: Call) -> object:
        if self._http.is_closed:
            raise InvalidArgument("this client is closed")
        return self._sender.send(call)


def checked_health(answer: object, base_url: str) -> Health:
    """Return what the server says about itself; raises `UnexpectedAnswer` when it is another service."""
    health = Health.from_wire(answer)
    if health.service != _SERVICE:
        raise UnexpectedAnswer(f"{base_url} is a service called {one_line(health.service)!r}")
    return health


def http_settings(api_key: str, base_url: str, timeout: float) -> dict[str, Any]:
    """Return the httpx2 options of both clients; raises `InvalidArgument`."""
    if timeout <= 0:
        raise InvalidArgument(f"timeout must be over 0 seconds, got {timeout}")
    return {
        "base_url": base_url,
        "headers": {
            "X-API-Key": _checked_key(api_key),
            "Accept": "application/json",
            "User-Agent": f"agentsentinel-sdk/{__version__}",
        },
        "follow_redirects": False,
        "trust_env": False,
        **_certificate_settings(),
    }


def _certificate_settings() -> dict[str, Any]:
    """Trust the authorities of the file that is named in the environment, beside those that everybody trusts."""
    path = os.environ.get(CA_FILE_VARIABLE, "")
    if not path:
        return {}
    context = httpx2.create_ssl_context(trust_env=False)
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise InvalidArgument(
            f"{CA_FILE_VARIABLE} names a file that cannot be read as PEM certificates: {path} ({one_line(str(error))})"
        ) from error
    return {"verify": context}


def _checked_key(api_key: str) -> str:
    """Return the key as it goes into a header. No message shows it, nor how much of it is right."""
    key = api_key.strip() if isinstance(api_key, str) else ""
    if not key:
        raise InvalidArgument("the API key is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidArgument("the API key holds characters that no key has; was it copied whole?")
    return key


def checked_url(base_url: str) -> str:
    """Return the base URL without a trailing slash; raises `InvalidArgument`."""
    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, TypeError):
        raise InvalidArgument("the base URL is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidArgument(f"the base URL must start with http:// or https://, such as {DEFAULT_BASE_URL}")
    if url.userinfo or url.query or url.fragment:
        raise InvalidArgument("the base URL must not hold a user, a query or a fragment")
    return str(url).rstrip("/")
