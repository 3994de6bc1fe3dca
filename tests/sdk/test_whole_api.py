"""Both clients against the real server: every endpoint that the documentation lists has its method, and it works."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from agentsentinel_sdk import AsyncClient, Client, Conflict, InvalidArgument, NotFound
from agentsentinel_sdk.models import Rejected, Scored, ToolCallEvent
from agentsentinel_sdk.testing import FakeSentinel
from server.support import Server, new_database, running

DIGEST = "ab" * 32

ROOT = Path(__file__).parents[2]

NOT_FOR_CLIENTS = {"GET /api/v1/events/stream", "GET /livez", "GET /readyz", "GET /metrics"}


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


class Blocking:
    """An `AsyncClient` that can be used like a `Client`, so that one story tests both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = AsyncClient(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            if inspect.isasyncgen(result):
                return self._loop.run_until_complete(everything(result))
            return self._loop.run_until_complete(result)

        return call


async def everything(items: Any) -> list[Any]:
    return [item async for item in items]


def event(agent_id: str, number: int = 0) -> ToolCallEvent:
    return ToolCallEvent(agent_id, "send_email", DIGEST, DIGEST, duration_ms=number, session_id="s")


def pin(client: Any, agent_id: str) -> None:
    """Everything there is to do about what an MCP server offers."""
    client.report_manifest(agent_id, "docs", {"tool": [{"name": "find"}]}, server_version="1")
    [manifest] = client.list_manifests(agent_id)
    assert (manifest.state, manifest.changes) == ("approved", ())
    client.report_manifest(agent_id, "docs", {"tool": [{"name": "find", "title": "Find"}]})
    changed = client.get_manifest(agent_id, manifest.id)
    assert [(change.item, change.severity) for change in changed.changes] == [("tool find", "LOW")]
    assert "+title: Find" in changed.changes[0].lines
    with pytest.raises(Conflict):
        client.approve_manifest(agent_id, manifest.id, manifest.digest)
    assert client.reject_manifest(agent_id, manifest.id, changed.digest, "odd").state == "rejected"
    assert client.approve_manifest(agent_id, manifest.id, changed.digest).state == "approved"
    client.remove_manifest(agent_id, manifest.id)
    assert client.list_manifests(agent_id) == []


def story(client: Any) -> None:
    """Everything there is to do, once."""
    assert client.health().service == "agentsentinel"
    assert client.whoami().scope == "admin"
    name = uuid4().hex
    agent = client.register_agent(name, owner_team="t", description="Reads")
    assert client.ensure_agent(name, owner_team="t") == (agent, False)
    other, is_new = client.ensure_agent(name, owner_team="other")
    assert is_new
    assert client.find_agent(name).id == other.id
    assert [found.id for found in client.list_agents(name=name, owner_team="t")] == [agent.id]
    assert client.change_agent(agent.id, model="m", description=None).model == "m"

    grant = client.add_grant(agent.id, "send_email")
    assert client.change_grant(agent.id, grant.id, 5).rate_limit_per_hour == 5
    assert client.change_grant(agent.id, grant.id, None).rate_limit_per_hour is None
    connection = client.add_mcp_connection(agent.id, "files", "http://10.0.0.5/mcp", ["tools"])
    assert client.change_mcp_connection(agent.id, connection.id, server_name="docs").server_name == "docs"

    pin(client, agent.id)
    assert isinstance(client.report(event(agent.id)), Scored)
    answers = client.report_batch([event(agent.id, number) for number in range(250)] + [event(str(uuid4()))])
    assert [type(answer) for answer in answers] == [Scored] * 250 + [Rejected]
    events = list(client.list_events(agent.id))
    assert len({stored.event_id for stored in events}) == 251  # over the page of 200
    assert {stored.agent_name for stored in events} == {name}

    assert client.score(agent.id).findings_count > 0
    assert next(iter(client.score_history(agent.id))).status
    assert [baseline.tool_name for baseline in client.baselines(agent.id)] == ["send_email"]
    finding = client.findings(agent.id, status="OPEN")[0]
    assert client.decide_finding(finding.id, "ACKNOWLEDGED", "later").status == "ACKNOWLEDGED"
    assert client.get_agent(agent.id).mcp_connections[0].server_name == "docs"

    key = client.create_key("k", "agent", agent.id)
    assert key.key.startswith("as_agt_")
    assert key.key not in repr(key)
    assert key.id in {known.id for known in client.list_keys()}
    assert key.expires_at is None
    expiring = client.rotate_key(key.id, overlap_seconds=60, expires_at=datetime.now(UTC) + timedelta(days=1))
    assert expiring.key.startswith("as_agt_")
    assert expiring.expires_at > datetime.now(UTC)
    assert next(known for known in client.list_keys() if known.id == key.id).replaced_by == expiring.id
    with pytest.raises(Conflict):
        client.rotate_key(key.id)
    rotation = next(iter(client.audit_log("key_rotated")))
    assert (rotation.actor_key_id, rotation.subject_id, rotation.count) == (client.whoami().id, key.id, 1)
    client.revoke_key(key.id)
    assert key.id not in {known.id for known in client.list_keys()}
    assert key.id in {known.id for known in client.list_keys(include_revoked=True)}

    client.remove_grant(agent.id, grant.id)
    client.remove_mcp_connection(agent.id, connection.id)
    client.remove_agent(agent.id)
    with pytest.raises(NotFound):
        client.get_agent(agent.id)


def documented() -> set[str]:
    rows = re.findall(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {f"{method} {re.sub(r'{[^}]*}', '*', path)}" for method, path in rows}


def test_one_method_for_every_endpoint_and_each_works(server: Server) -> None:
    asked: set[str] = set()

    def note(request: httpx2.Request) -> None:
        asked.add(f"{request.method} {re.sub('[0-9a-f]{8}-[0-9a-f-]{27}', '*', request.url.path)}")

    client = Client(server.admin_key, server.url)
    client._http.event_hooks = {"request": [note]}
    story(client)
    assert documented() - NOT_FOR_CLIENTS <= asked


def test_the_client_for_coroutines_does_the_same(server: Server) -> None:
    story(Blocking(server.admin_key, server.url))


def test_a_time_without_a_zone_is_refused_before_anything_is_sent() -> None:
    sentinel = FakeSentinel()
    client = Client(sentinel.api_key, "http://s.test", transport=sentinel.transport)
    with client, pytest.raises(InvalidArgument, match="zone"):
        client.create_key("k", "readonly", expires_at=datetime(2030, 1, 1))  # noqa: DTZ001  # the mistake itself
