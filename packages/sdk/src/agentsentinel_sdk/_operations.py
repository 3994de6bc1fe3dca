"""Every request of the API and how its answer is read, without sending anything: what both clients have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from agentsentinel_sdk._decode import Members, each
from agentsentinel_sdk._http import Call, Page
from agentsentinel_sdk.errors import InvalidArgument, UnexpectedAnswer, one_line
from agentsentinel_sdk.models import (
    Agent,
    ApiKey,
    AuditEntry,
    Baseline,
    Finding,
    GrantOrigin,
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

API = "/api/v1"
LARGEST_PAGE = 500
"""Items the server gives in one answer at most, of all other lists."""
LARGEST_EVENT_PAGE = 200
"""Events and entries of the audit log."""

Result = TypeVar("Result")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Operation(Generic[Result]):
    """What to ask, and how to read the answer; reading raises `UnexpectedAnswer`."""

    call: Call
    read: Callable[[object], Result]


@dataclass(frozen=True)
class Items(Generic[Item]):
    """A page of a list, read."""

    items: list[Item]
    next_cursor: str | None


# --- the key --------------------------------------------------------------------------------------------------------


def whoami() -> Operation[KeyInfo]:
    return Operation(Call("GET", f"{API}/keys/self"), KeyInfo.from_wire)


def create_key(name: str, scope: str, agent_id: str | UUID | None, expires_at: datetime | None) -> Operation[ApiKey]:
    body = given(
        {
            "name": name,
            "scope": scope,
            "agent_id": None if agent_id is None else uuid_text(agent_id),
            "expires_at": _time_text(expires_at),
        }
    )
    return Operation(Call("POST", f"{API}/keys", body, repeatable=False), ApiKey.from_wire)


def list_keys(include_revoked: bool, limit: int, offset: int) -> Operation[list[ApiKey]]:
    query: dict[str, str | int] = {"limit": limit, "offset": offset}
    if include_revoked:
        query["include_revoked"] = "true"
    return Operation(Call("GET", f"{API}/keys", query=query), _all(ApiKey.from_wire))


def rotate_key(key_id: str | UUID, overlap_seconds: int | None, expires_at: datetime | None) -> Operation[ApiKey]:
    body = given({"overlap_seconds": overlap_seconds, "expires_at": _time_text(expires_at)})
    path = f"{API}/keys/{uuid_text(key_id)}/rotate"
    return Operation(Call("POST", path, body, repeatable=False), ApiKey.from_wire)


def revoke_key(key_id: str | UUID) -> Operation[None]:
    return Operation(Call("DELETE", f"{API}/keys/{uuid_text(key_id)}", repeatable=False), _nothing)


def audit_log(action: str | None, cursor: str | None) -> Operation[Items[AuditEntry]]:
    query = given({"action": action, "limit": LARGEST_EVENT_PAGE, "cursor": cursor})
    return Operation(Call("GET", f"{API}/audit", query=query, is_page=True), _page(AuditEntry.from_wire))


# --- the inventory --------------------------------------------------------------------------------------------------


def register_agent(body: dict[str, Any], *, reuse: bool) -> Operation[Agent]:
    query = {"reuse": "true"} if reuse else None
    return Operation(Call("POST", f"{API}/agents", given(body), query, repeatable=reuse), Agent.from_wire)


def list_agents(filters: dict[str, str | int | None]) -> Operation[list[Agent]]:
    return Operation(Call("GET", f"{API}/agents", query=given(filters)), _all(Agent.from_wire))


def get_agent(agent_id: str | UUID) -> Operation[Agent]:
    return Operation(Call("GET", _agent(agent_id)), Agent.from_wire)


def change_agent(agent_id: str | UUID, changes: dict[str, Any]) -> Operation[Agent]:
    return Operation(Call("PATCH", _agent(agent_id), changes), Agent.from_wire)


def remove_agent(agent_id: str | UUID) -> Operation[None]:
    return Operation(Call("DELETE", _agent(agent_id), repeatable=False), _nothing)


def add_grant(
    agent_id: str | UUID,
    tool_name: str,
    rate_limit_per_hour: int | None,
    server_name: str | None,
    origin: GrantOrigin | None,
) -> Operation[ToolGrant]:
    body = given(
        {
            "tool_name": tool_name,
            "rate_limit_per_hour": rate_limit_per_hour,
            "server_name": server_name,
            "origin": origin,
        }
    )
    return Operation(Call("POST", f"{_agent(agent_id)}/grants", body), ToolGrant.from_wire)


def change_grant(agent_id: str | UUID, grant_id: str | UUID, rate_limit_per_hour: int | None) -> Operation[ToolGrant]:
    path = f"{_agent(agent_id)}/grants/{uuid_text(grant_id)}"
    return Operation(Call("PATCH", path, {"rate_limit_per_hour": rate_limit_per_hour}), ToolGrant.from_wire)


def remove_grant(agent_id: str | UUID, grant_id: str | UUID) -> Operation[None]:
    path = f"{_agent(agent_id)}/grants/{uuid_text(grant_id)}"
    return Operation(Call("DELETE", path, repeatable=False), _nothing)


def add_mcp_connection(
    agent_id: str | UUID, server_name: str, server_url: str, capabilities: Sequence[str] | None, command: str | None
) -> Operation[MCPConnection]:
    body = given(
        {
            "server_name": server_name,
            "server_url": server_url,
            "command": command,
            "capabilities": None if capabilities is None else list(capabilities),
        }
    )
    return Operation(Call("POST", f"{_agent(agent_id)}/mcp", body, repeatable=False), MCPConnection.from_wire)


def report_observation(
    agent_id: str | UUID, kind: ObservationKind, detail: str, server_name: str | None
) -> Operation[None]:
    body = given({"kind": kind, "detail": detail, "server_name": server_name})
    return Operation(Call("POST", f"{_agent(agent_id)}/observations", body), _nothing)


def report_manifest(
    agent_id: str | UUID,
    server_name: str,
    lists: Mapping[str, Sequence[Mapping[str, Any]]],
    principal: str,
    server_version: str | None,
    *,
    lists_are_public: bool,
) -> Operation[None]:
    body = given({"server_name": server_name, "principal": principal, "server_version": server_version})
    whole = {kind: list(definitions) for kind, definitions in lists.items()}
    body |= {"lists": whole, "lists_are_public": lists_are_public}
    return Operation(Call("PUT", f"{_agent(agent_id)}/manifests", body), _nothing)


def list_manifests(agent_id: str | UUID) -> Operation[list[MCPManifest]]:
    return Operation(Call("GET", f"{_agent(agent_id)}/manifests"), _all(MCPManifest.from_wire))


def get_manifest(agent_id: str | UUID, manifest_id: str | UUID) -> Operation[MCPManifest]:
    return Operation(Call("GET", _manifest(agent_id, manifest_id)), MCPManifest.from_wire)


def decide_manifest(
    agent_id: str | UUID, manifest_id: str | UUID, verb: str, digest: str, note: str | None
) -> Operation[MCPManifest]:
    call = Call("POST", f"{_manifest(agent_id, manifest_id)}/{verb}", given({"digest": digest, "note": note}))
    return Operation(call, MCPManifest.from_wire)


def remove_manifest(agent_id: str | UUID, manifest_id: str | UUID) -> Operation[None]:
    return Operation(Call("DELETE", _manifest(agent_id, manifest_id), repeatable=False), _nothing)


def _manifest(agent_id: str | UUID, manifest_id: str | UUID) -> str:
    return f"{_agent(agent_id)}/manifests/{uuid_text(manifest_id)}"


def change_mcp_connection(
    agent_id: str | UUID, connection_id: str | UUID, changes: dict[str, Any]
) -> Operation[MCPConnection]:
    path = f"{_agent(agent_id)}/mcp/{uuid_text(connection_id)}"
    return Operation(Call("PATCH", path, changes), MCPConnection.from_wire)


def remove_mcp_connection(agent_id: str | UUID, connection_id: str | UUID) -> Operation[None]:
    path = f"{_agent(agent_id)}/mcp/{uuid_text(connection_id)}"
    return Operation(Call("DELETE", path, repeatable=False), _nothing)


# --- what agents do -------------------------------------------------------------------------------------------------


def report(event: ToolCallEvent) -> Operation[Scored]:
    return Operation(Call("POST", f"{API}/events", event.to_wire()), Scored.from_wire)


def report_batch(events: Sequence[ToolCallEvent]) -> Operation[list[Scored | Rejected]]:
    def read(answer: object) -> list[Scored | Rejected]:
        results = Members(answer).each("results", Members)
        if len(results) != len(events):
            raise UnexpectedAnswer(f"{len(events)} events were sent, but {len(results)} answers came")
        return [_batch_result(event, result) for event, result in zip(events, results, strict=True)]

    return Operation(Call("POST", f"{API}/events/batch", {"events": [event.to_wire() for event in events]}), read)


def list_events(agent_id: str | UUID | None, cursor: str | None) -> Operation[Items[StoredEvent]]:
    query = {
        "agent_id": None if agent_id is None else uuid_text(agent_id),
        "limit": LARGEST_EVENT_PAGE,
        "cursor": cursor,
    }
    return Operation(Call("GET", f"{API}/events", query=given(query), is_page=True), _page(StoredEvent.from_wire))


# --- what is made of it ---------------------------------------------------------------------------------------------


def score(agent_id: str | UUID) -> Operation[Score]:
    return Operation(Call("GET", f"{_agent(agent_id)}/score"), Score.from_wire)


def score_history(agent_id: str | UUID, cursor: str | None) -> Operation[Items[ScorePoint]]:
    query = given({"limit": LARGEST_PAGE, "cursor": cursor})
    call = Call("GET", f"{_agent(agent_id)}/score/history", query=query, is_page=True)
    return Operation(call, _page(ScorePoint.from_wire))


def baselines(agent_id: str | UUID) -> Operation[list[Baseline]]:
    return Operation(Call("GET", f"{_agent(agent_id)}/baselines"), _all(Baseline.from_wire))


def findings(agent_id: str | UUID, filters: dict[str, str | int | None]) -> Operation[list[Finding]]:
    return Operation(Call("GET", f"{_agent(agent_id)}/findings", query=given(filters)), _all(Finding.from_wire))


def decide_finding(finding_id: str | UUID, status: str, note: str | None) -> Operation[Finding]:
    body = given({"status": status, "note": note})
    return Operation(Call("PATCH", f"{API}/findings/{uuid_text(finding_id)}", body), Finding.from_wire)


# --- helpers --------------------------------------------------------------------------------------------------------


def given(members: dict[str, Any]) -> dict[str, Any]:
    """Drop the members that the caller left out: the server has its own defaults."""
    return {name: value for name, value in members.items() if value is not None}


def uuid_text(given_id: str | UUID) -> str:
    """Ids become part of the path, so nothing but a UUID may pass; raises `InvalidArgument`."""
    try:
        return str(UUID(str(given_id)))
    except ValueError:
        raise InvalidArgument(f"an id is a UUID, got {one_line(str(given_id))!r}") from None


def _time_text(moment: datetime | None) -> str | None:
    """Format a time as the API takes it; raises `InvalidArgument` for a time without a zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidArgument("a time needs a zone: use datetime.now(timezone.utc)")
    return moment.isoformat()


def _agent(agent_id: str | UUID) -> str:
    return f"{API}/agents/{uuid_text(agent_id)}"


def _all(read: Callable[[object], Item]) -> Callable[[object], list[Item]]:
    return lambda answer: each(answer, read)


def _page(read: Callable[[object], Item]) -> Callable[[object], Items[Item]]:
    def read_page(answer: object) -> Items[Item]:
        if not isinstance(answer, Page):
            raise UnexpectedAnswer("expected a list")
        return Items(each(answer.items, read), answer.next_cursor)

    return read_page


def _nothing(_: object) -> None:
    """There is nothing to read."""


def _batch_result(event: ToolCallEvent, result: Members) -> Scored | Rejected:
    status = result.integer("status")
    if status >= 400:
        return Rejected(event.event_id, status, one_line(result.maybe_text("detail") or "refused"))
    return result.read(Scored.from_wire)
