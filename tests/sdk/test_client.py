"""The client: what it sends, what it makes of the answers, and that the key stays where it belongs."""

import http.server
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from agentsentinel_sdk import (
    AuthenticationError,
    Client,
    ConnectionFailed,
    InvalidArgument,
    NotFound,
    Rejected,
    Scored,
    SentinelError,
    ToolCallEvent,
    UnexpectedAnswer,
    hash_payload,
)
from agentsentinel_sdk.client import LARGEST_BATCH
from agentsentinel_sdk.testing import FakeSentinel

DIGEST = hash_payload({})
KEY = "as_adm_" + "5ecret" * 10 + "0000"


@pytest.fixture
def sentinel() -> FakeSentinel:
    return FakeSentinel(KEY)


@pytest.fixture
def client(sentinel: FakeSentinel) -> Iterator[Client]:
    with sentinel.client() as client:
        yield client


@pytest.fixture
def agent_id(client: Client) -> str:
    return client.register_agent("invoice-agent").id


def event(agent_id: str, tool_name: str = "read_ledger", **members: Any) -> ToolCallEvent:
    return ToolCallEvent(agent_id, tool_name, DIGEST, DIGEST, **members)


def sent(request: httpx2.Request) -> Any:
    return json.loads(request.content)


def test_each_request_carries_the_key_and_says_who_asks(sentinel: FakeSentinel, client: Client) -> None:
    client.whoami()
    headers = sentinel.requests[0].headers
    assert headers["X-API-Key"] == KEY
    assert headers["User-Agent"].startswith("agentsentinel-sdk/")


def test_health_tells_an_agentsentinel_server(client: Client) -> None:
    assert client.health().status == "ok"


def test_health_refuses_another_service(sentinel: FakeSentinel, client: Client) -> None:
    sentinel.answer_next(200, {"status": "ok", "service": "shop", "version": "1"})
    with pytest.raises(UnexpectedAnswer, match="shop"):
        client.health()


def test_health_of_an_address_without_such_a_page_says_what_that_means(sentinel: FakeSentinel, client: Client) -> None:
    sentinel.answer_next(404)
    with pytest.raises(UnexpectedAnswer, match="not AgentSentinel"):
        client.health()


def test_whoami_tells_the_scope_but_not_the_key(client: Client) -> None:
    key = client.whoami()
    assert (key.scope, key.agent_id, key.key_prefix) == ("admin", None, KEY[:12])


def test_a_registered_agent_has_the_defaults_of_the_api(sentinel: FakeSentinel, client: Client) -> None:
    agent = client.register_agent("invoice-agent")
    assert (agent.agent_type, agent.model, agent.owner_team) == ("llm_agent", "unknown", "unassigned")
    assert (agent.status, agent.trust_score, agent.description) == ("WATCH", None, None)
    assert "description" not in sent(sentinel.requests[0])


def test_a_client_with_a_wrong_key_is_told_so(sentinel: FakeSentinel) -> None:
    with Client("as_adm_wrong", "http://s.test", transport=sentinel.transport) as client:
        with pytest.raises(AuthenticationError):
            client.list_agents()
        assert client.health().status == "ok"


def test_agents_are_listed_by_all_given_filters(sentinel: FakeSentinel, client: Client) -> None:
    client.register_agent("a", owner_team="x")
    client.register_agent("b", owner_team="y")
    assert [agent.name for agent in client.list_agents(owner_team="y")] == ["b"]
    assert "status" not in sentinel.requests[-1].url.params


def test_an_agent_is_found_by_its_exact_name_newest_first(client: Client) -> None:
    client.register_agent("demo")
    newer = client.register_agent("demo")
    client.register_agent("demo-2")
    found = client.find_agent("demo")
    assert found is not None
    assert found.id == newer.id
    assert client.find_agent("dem") is None


def test_an_agent_is_found_even_by_a_server_that_ignores_the_name_filter() -> None:
    names = [f"agent-{number}" for number in range(1200)]

    def answer(request: httpx2.Request) -> httpx2.Response:
        first = int(request.url.params["offset"])
        return httpx2.Response(200, json=[agent_json(name) for name in names[first : first + 500]])

    with Client(KEY, transport=httpx2.MockTransport(answer)) as client:
        found = client.find_agent("agent-1100")
        assert found is not None
        assert client.find_agent("agent-9999") is None


def agent_json(name: str, **members: object) -> dict[str, object]:
    texts = dict.fromkeys(("agent_type", "model", "owner_team"), "x")
    base = {"id": str(uuid.uuid4()), "name": name, "status": "WATCH", "created_at": "2026-11-01T10:00:00Z"}
    return {**texts, **base, **members}


def test_members_this_client_does_not_know_are_ignored_and_times_are_utc() -> None:
    body = agent_json("a", invented={"later": 1}, created_at="2026-11-01T12:00:00+02:00", trust_score=80)
    with Client(KEY, transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))) as client:
        agent = client.get_agent(uuid.uuid4())
    assert agent.created_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert agent.created_at.utcoffset() == timedelta(0)
    assert agent.trust_score == 80.0


@pytest.mark.parametrize(
    "damage", [{"name": None}, {"name": 7}, {"trust_score": "high"}, {"created_at": "today"}, {"grants": {}}]
)
def test_an_answer_of_the_wrong_shape_names_the_member(damage: dict[str, object]) -> None:
    body = agent_json("a") | damage
    with (
        Client(KEY, transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))) as client,
        pytest.raises(UnexpectedAnswer),
    ):
        client.get_agent(uuid.uuid4())


def test_an_agent_is_read_with_all_that_belongs_to_it(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    client.add_grant(agent_id, "send_email", rate_limit_per_hour=5)
    client.add_mcp_connection(agent_id, "files", "http://localhost:8002/mcp", ["tools"])
    sentinel.add_finding(agent_id, "EXFILTRATION_PATH", "CRITICAL")
    agent = client.get_agent(agent_id)
    assert [(grant.tool_name, grant.scope, grant.is_dangerous) for grant in agent.grants] == [
        ("send_email", "write", True)
    ]
    assert [(server.server_name, server.capabilities) for server in agent.mcp_connections] == [("files", ("tools",))]
    assert [finding.rule_id for finding in agent.findings] == ["EXFILTRATION_PATH"]


def test_granting_a_tool_twice_gives_the_same_grant(client: Client, agent_id: str) -> None:
    assert client.add_grant(agent_id, "read_ledger").id == client.add_grant(agent_id, "read_ledger").id


def test_granting_a_tool_again_changes_its_limit_only_when_one_is_given(client: Client, agent_id: str) -> None:
    limits = [client.add_grant(agent_id, "read_ledger", limit).rate_limit_per_hour for limit in (5, None, 7)]
    assert limits == [5, 5, 7]


def test_a_reported_call_comes_back_scored_with_its_reasons(client: Client, agent_id: str) -> None:
    first, second = client.report(event(agent_id)), client.report(event(agent_id))
    assert (first.anomaly_score, second.anomaly_score) == (0.9, 0.7)
    assert first.reasons[0].message
    assert first.timestamp.tzinfo is not None


def test_an_event_reported_twice_counts_once(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    call = event(agent_id)
    assert client.report(call) == client.report(call)
    assert len(sentinel.events) == 1


def test_a_retry_sends_the_same_event_id(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    sentinel.answer_next(503, headers={"Retry-After": "0"})
    sentinel.fail_next(httpx2.ReadError("cut"))
    client.report(event(agent_id))
    assert len({sent(request)["event_id"] for request in sentinel.requests[-3:]}) == 1
    assert len(sentinel.events) == 1


def test_an_event_says_only_what_is_known(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    client.report(event(agent_id, duration_ms=0, timestamp=datetime(2026, 1, 1, tzinfo=UTC)))
    body = sent(sentinel.requests[-1])
    assert (body["duration_ms"], body["timestamp"], body["status"]) == (0, "2026-01-01T00:00:00+00:00", "ok")
    assert "session_id" not in body
    assert "tool_call_id" not in body


def test_a_batch_answers_event_by_event_in_order(client: Client, agent_id: str) -> None:
    stranger = str(uuid.uuid4())
    events = [event(agent_id), event(stranger), event(agent_id)]
    answers = client.report_batch(events)
    assert [type(answer) for answer in answers] == [Scored, Rejected, Scored]
    assert [answer.event_id for answer in answers] == [call.event_id for call in events]
    refused = answers[1]
    assert isinstance(refused, Rejected)
    assert (refused.status, refused.detail) == (404, "no such agent")


def test_a_long_batch_travels_in_parts(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    events = [event(agent_id, f"tool_{number}") for number in range(LARGEST_BATCH + 3)]
    assert len(client.report_batch(events)) == len(events)
    assert [len(sent(request)["events"]) for request in sentinel.requests[-2:]] == [LARGEST_BATCH, 3]


def test_an_empty_batch_asks_nothing(sentinel: FakeSentinel, client: Client) -> None:
    assert client.report_batch([]) == []
    assert sentinel.requests == []


def test_a_batch_answered_in_part_is_unexpected(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    sentinel.answer_next(200, {"results": []})
    with pytest.raises(UnexpectedAnswer, match="1 events were sent, but 0 answers came"):
        client.report_batch([event(agent_id)])


def test_the_score_has_its_parts(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    sentinel.posture_score = 55.0
    client.report_batch([event(agent_id, f"tool_{number // 6}") for number in range(30)])
    score = client.score(agent_id)
    assert (score.trust_score, score.behavior_score, score.recency_bonus) == (46.75, 26.67, 10.0)
    assert (score.status, score.findings_count) == ("ALERT", 0)


def test_findings_are_filtered_by_status_and_severity(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    sentinel.add_finding(agent_id, "MISSING_RATE_LIMIT", "LOW")
    sentinel.add_finding(agent_id, "EXFILTRATION_PATH", "CRITICAL")
    sentinel.add_finding(agent_id, "TOOL_SPRAWL", "LOW", status="RESOLVED")
    found = client.findings(agent_id, status="OPEN", severity="LOW")
    assert [finding.rule_id for finding in found] == ["MISSING_RATE_LIMIT"]


@pytest.mark.parametrize("bad_id", ["", "..", "../keys", "1", "a/b", "\x00"])
def test_an_id_that_is_no_uuid_never_becomes_a_path(sentinel: FakeSentinel, client: Client, bad_id: str) -> None:
    asks: list[Callable[[], object]] = [
        lambda: client.get_agent(bad_id),
        lambda: client.score(bad_id),
        lambda: client.findings(bad_id),
        lambda: client.add_grant(bad_id, "t"),
        lambda: client.add_mcp_connection(bad_id, "s", "http://s"),
    ]
    for ask in asks:
        with pytest.raises(InvalidArgument):
            ask()
    assert sentinel.requests == []


def test_an_unknown_agent_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound):
        client.get_agent(uuid.uuid4())


@pytest.mark.parametrize("key", ["", "  \n", "as_adm_ü", "as_adm_1\r\nX-Evil: 1", "as adm", "as_adm_\x00", None])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Client(key)
    assert "as_adm" not in str(refused.value)


def test_a_key_read_from_a_file_may_end_in_a_newline(sentinel: FakeSentinel) -> None:
    with Client(f"{KEY}\n", "http://s.test", transport=sentinel.transport) as client:
        assert client.whoami().scope == "admin"


@pytest.mark.parametrize(
    "url", ["", "localhost:9000", "ftp://s.test", "file:///etc", "http://", "http://u:p@s.test", "http://s.test/?a=1"]
)
def test_a_base_url_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument):
        Client(KEY, url)


@pytest.mark.parametrize(("given", "asked"), [("http://s.test/", "/health"), ("http://s.test/x", "/x/health")])
def test_a_path_prefix_is_kept_and_a_trailing_slash_does_not_matter(given: str, asked: str) -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path)
        return httpx2.Response(200, json={"status": "ok", "service": "agentsentinel", "version": "1"})

    with Client(KEY, given, transport=httpx2.MockTransport(answer)) as client:
        client.health()
    assert paths == [asked]


def test_a_timeout_must_leave_time() -> None:
    with pytest.raises(InvalidArgument):
        Client(KEY, timeout=0)


def test_a_closed_client_says_so(sentinel: FakeSentinel) -> None:
    client = sentinel.client()
    client.close()
    with pytest.raises(InvalidArgument, match="closed"):
        client.health()


def test_the_key_shows_in_no_repr_no_error_and_no_log(
    sentinel: FakeSentinel, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [repr(client), str(client)]
    for status in (400, 401, 403, 404, 409, 413, 422, 500):
        sentinel.answer_next(status)
        with pytest.raises(SentinelError) as raised:
            client.list_agents()
        texts += [str(raised.value), repr(raised.value)]
    sentinel.fail_next(httpx2.ConnectError("refused"), times=4)
    with pytest.raises(ConnectionFailed) as failed:
        client.list_agents()
    texts += [str(failed.value), repr(failed.value.__cause__)]
    assert not any(KEY in text for text in [*texts, caplog.text])


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quiet(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": "ok", "service": "agentsentinel", "version": "1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with Client(KEY, f"http://127.0.0.1:{server.server_port}", timeout=5) as client:
            assert client.health().status == "ok"


def test_a_server_that_accepts_and_stays_silent_ends_at_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with (
            Client(KEY, f"http://127.0.0.1:{port}", timeout=0.3) as client,
            pytest.raises(ConnectionFailed, match="timed out"),
        ):
            client.health()


def test_one_client_serves_many_threads(sentinel: FakeSentinel, client: Client, agent_id: str) -> None:
    def report() -> None:
        for _ in range(10):
            client.report(event(agent_id))

    threads = [threading.Thread(target=report) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sentinel.events) == 100
