"""Who may call what: every route with every kind of caller, and the tricks that must not get round it."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx2
import pytest

from patience import PATIENCE_SECONDS
from server.support import HASH, Server, assert_refused, converse, event, query

MANIFEST = {"server_name": "files", "lists": {"tool": [{"name": "read_file"}]}}


ADD_JUDGED_SESSION = """
INSERT INTO agent_sessions (id, agent_id, number, started_at, last_at, is_open, calls, tools, failed_calls,
                            max_anomaly_score, risk, is_alarm, reasons, timeline)
VALUES ($1, $2, 0, now(), now(), true, 1, 1, 0, 0, 0.5, false, '[]', '[]')
"""


@dataclass
class World:
    """One agent with something of everything, another agent, and a key of each kind."""

    server: Server
    a: str = ""
    b: str = ""
    grant: str = ""
    connection: str = ""
    finding: str = ""
    manifest: str = ""
    key: str = ""
    session: str = ""
    judged: str = ""
    view: str = ""
    event: str = ""
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, server: Server) -> "World":
        """Make everything anew."""
        a, b = server.new_agent(description="Searches"), server.new_agent()
        api = server.api
        grant = api.post(f"agents/{a}/grants", json={"tool_name": "delete_file"}).json()["id"]
        mcp = {"server_name": "files", "server_url": "http://127.0.0.1:1/mcp"}
        connection = api.post(f"agents/{a}/mcp", json=mcp).json()["id"]
        finding = api.get(f"agents/{a}/findings").json()[0]["id"]
        manifest = api.put(f"agents/{a}/manifests", json=MANIFEST).json()["id"]
        key = api.post("keys", json={"name": "to revoke", "scope": "readonly"}).json()["id"]
        keys = {
            "readonly": server.new_key("readonly"),
            "own agent": server.new_key("agent", a),
            "other agent": server.new_key("agent", b),
            "admin": server.admin_key,
        }
        with server.sign_in(server.admin_key) as browser:
            session = browser.get("session").json()["session_id"]
        judged = str(uuid4())
        query(server.dsn, ADD_JUDGED_SESSION, judged, a)
        view = api.post("views", json=_view(None)).json()["id"]
        reported = server.report(server.new_agent())["event_id"]
        return cls(server, a, b, grant, connection, finding, manifest, key, session, judged, view, reported, keys)

    def path(self, template: str, method: str = "") -> str:
        """Fill this world's ids into a route's path."""
        for name, value in (
            ("{agent_id}", self.a),
            ("{grant_id}", self.grant),
            ("{connection_id}", self.connection),
            ("{finding_id}", self.finding),
            ("{manifest_id}", self.manifest),
            ("{key_id}", self.key),
            ("{view_id}", self.view),
            ("{event_id}", self.event),
            ("{session_id}/feedback", f"{self.judged}/feedback"),
            ("{session_id}", self.judged if method == "GET" else self.session),
        ):
            template = template.replace(name, value)
        return template

    def call(self, route: "Route", caller: str) -> int:
        """Return the status that a caller gets."""
        return self.status(route, self.keys[caller])

    def status(self, route: "Route", key: str | None, **kwargs: Any) -> int:
        """Return the status that a request with this key, or without a key, gets."""
        body = {"json": route.body(self)} if route.body is not None else {}
        answer = self.server.request(route.method, self.path(route.path, route.method), key, **{**body, **kwargs})
        if answer.status_code >= 400:
            assert_refused(answer)
        return answer.status_code


def _event(world: World) -> dict[str, Any]:
    return event(world.a)


def _view(_: World | None) -> dict[str, Any]:
    return {"page": "findings", "name": f"view {uuid4()}", "query": "q=x"}


def _batch(world: World) -> dict[str, Any]:
    return {"events": [event(world.a)]}


def _body(**members: Any) -> Callable[[World], dict[str, Any]]:
    return lambda _: members


class Route(NamedTuple):
    """One route, and what each live key gets: readonly, the agent's own key, another agent's key, admin."""

    method: str
    path: str
    readonly: int
    own_agent: int
    other_agent: int
    admin: int
    body: Callable[[World], dict[str, Any]] | None = None


AGENT = "/api/v1/agents/{agent_id}"

CONNECTION = {"server_name": "files", "server_url": "https://mcp.example.com"}

ROUTES = [
    Route("POST", "/api/v1/agents", 403, 403, 403, 201, _body(name="x")),
    Route("GET", "/api/v1/agents", 200, 403, 403, 200),
    Route("GET", AGENT, 200, 403, 403, 200),
    Route("PATCH", AGENT, 403, 403, 403, 200, _body(name="y")),
    Route("DELETE", AGENT, 403, 403, 403, 204),
    Route("POST", f"{AGENT}/suspend", 403, 403, 403, 200, _body(reason="hijacked")),
    Route("POST", f"{AGENT}/resume", 403, 403, 403, 200),
    Route("GET", f"{AGENT}/enforcement", 200, 200, 403, 200),
    Route("POST", f"{AGENT}/grants", 403, 403, 403, 201, _body(tool_name="crm_search")),
    Route("PATCH", f"{AGENT}/grants/{{grant_id}}", 403, 403, 403, 200, _body(rate_limit_per_hour=5)),
    Route("POST", f"{AGENT}/grants/{{grant_id}}/effect", 403, 403, 403, 200, _body(tool_class=None)),
    Route("DELETE", f"{AGENT}/grants/{{grant_id}}", 403, 403, 403, 204),
    Route("POST", f"{AGENT}/mcp", 403, 403, 403, 201, _body(**CONNECTION)),
    Route("PATCH", f"{AGENT}/mcp/{{connection_id}}", 403, 403, 403, 200, _body(server_name="z")),
    Route("DELETE", f"{AGENT}/mcp/{{connection_id}}", 403, 403, 403, 204),
    Route("POST", f"{AGENT}/observations", 403, 204, 403, 204, _body(kind="message_smuggling", detail="name")),
    Route("PUT", f"{AGENT}/manifests", 403, 200, 403, 200, _body(**MANIFEST)),
    Route("GET", f"{AGENT}/manifests", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/manifests/{{manifest_id}}", 200, 403, 403, 200),
    Route("POST", f"{AGENT}/manifests/{{manifest_id}}/approve", 403, 403, 403, 409, _body(digest="0" * 64)),
    Route("POST", f"{AGENT}/manifests/{{manifest_id}}/reject", 403, 403, 403, 409, _body(digest="0" * 64)),
    Route("DELETE", f"{AGENT}/manifests/{{manifest_id}}", 403, 403, 403, 204),
    Route("POST", "/api/v1/discoveries", 403, 403, 403, 200, _body(host="laptop", agents=[])),
    Route("GET", f"{AGENT}/findings", 200, 403, 403, 200),
    Route("PATCH", "/api/v1/findings/{finding_id}", 403, 403, 403, 200, _body(status="ACKNOWLEDGED")),
    Route("GET", f"{AGENT}/score", 200, 200, 403, 200),
    Route("GET", f"{AGENT}/score/history", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/score/series", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/score/changes", 200, 403, 403, 200),
    Route("GET", "/api/v1/movers", 200, 403, 403, 200),
    Route("GET", "/api/v1/charts/events", 200, 403, 403, 200),
    Route("GET", "/api/v1/charts/findings", 200, 403, 403, 200),
    Route("GET", "/api/v1/charts/teams", 200, 403, 403, 200),
    Route("GET", "/api/v1/attention", 200, 403, 403, 200),
    Route("GET", "/api/v1/findings/export", 200, 403, 403, 200),
    Route("GET", "/api/v1/findings/assignees", 200, 403, 403, 200),
    Route("POST", "/api/v1/findings/decisions", 403, 403, 403, 200, _body(status="OPEN", filter={"rule_id": "none"})),
    Route("GET", f"{AGENT}/baselines", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/score/explanation", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/activity", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/activity/hours", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/risk", 200, 403, 403, 200),
    Route("GET", f"{AGENT}/sessions", 200, 403, 403, 200),
    Route("GET", "/api/v1/overview", 200, 403, 403, 200),
    Route("GET", "/api/v1/capabilities", 200, 403, 403, 200),
    Route("GET", "/api/v1/capabilities/summary", 200, 403, 403, 200),
    Route("GET", "/api/v1/capabilities/export", 200, 403, 403, 200),
    Route("POST", "/api/v1/demo", 403, 403, 403, 201),
    Route("GET", "/api/v1/findings", 200, 403, 403, 200),
    Route("GET", "/api/v1/findings/summary", 200, 403, 403, 200),
    Route("GET", "/api/v1/findings/{finding_id}", 200, 403, 403, 200),
    Route("GET", "/api/v1/findings/{finding_id}/history", 200, 403, 403, 200),
    Route("GET", "/api/v1/rules", 200, 403, 403, 200),
    Route("GET", "/api/v1/tools/classify", 422, 403, 403, 422),
    Route("GET", "/api/v1/settings", 200, 403, 403, 200),
    Route("POST", "/api/v1/settings/slack-test", 403, 403, 403, 409),
    Route("GET", "/api/v1/alerts", 200, 403, 403, 200),
    Route("POST", "/api/v1/alerts/test", 403, 403, 403, 200),
    Route("GET", "/api/v1/alerts/routes", 200, 403, 403, 200),
    Route("PUT", "/api/v1/alerts/routes", 403, 403, 403, 200, _body(routes=[])),
    Route("POST", "/api/v1/alerts/routes/preview", 403, 403, 403, 200, _body(routes=[])),
    Route("POST", "/api/v1/events/test", 403, 403, 403, 201, _event),
    Route("GET", "/api/v1/session", 200, 403, 403, 200),
    Route("DELETE", "/api/v1/session", 204, 403, 403, 204),
    Route("GET", "/api/v1/session-risk/budgets", 200, 403, 403, 200),
    Route("GET", "/api/v1/sessions/{session_id}", 200, 403, 403, 200),
    Route("POST", "/api/v1/sessions/{session_id}/feedback", 403, 403, 403, 200, _body(verdict="fine")),
    Route("POST", f"{AGENT}/versions", 403, 403, 403, 201, _body(version="2")),
    Route("GET", "/api/v1/sessions", 403, 403, 403, 200),
    Route("DELETE", "/api/v1/sessions/{session_id}", 403, 403, 403, 204),
    Route("POST", "/api/v1/events", 403, 201, 403, 201, _event),
    Route("POST", "/api/v1/events/batch", 403, 200, 200, 200, _batch),
    Route("GET", "/api/v1/events", 200, 403, 403, 200),
    Route("GET", "/api/v1/events/{event_id}", 200, 403, 403, 200),
    Route("POST", "/api/v1/keys", 403, 403, 403, 201, _body(name="k", scope="readonly")),
    Route("GET", "/api/v1/keys", 403, 403, 403, 200),
    Route("GET", "/api/v1/keys/self", 200, 200, 200, 200),
    Route("DELETE", "/api/v1/keys/{key_id}", 403, 403, 403, 204),
    Route("POST", "/api/v1/keys/{key_id}/rotate", 403, 403, 403, 201, _body(overlap_seconds=60)),
    Route("GET", "/api/v1/audit", 403, 403, 403, 200),
    Route("GET", "/api/v1/audit/summary", 403, 403, 403, 200),
    Route("GET", "/api/v1/audit/export", 403, 403, 403, 200),
    Route("GET", "/api/v1/views", 200, 403, 403, 200),
    Route("POST", "/api/v1/views", 403, 403, 403, 201, _view),
    Route("PATCH", "/api/v1/views/{view_id}", 403, 403, 403, 200, _body(query="q=y")),
    Route("DELETE", "/api/v1/views/{view_id}", 403, 403, 403, 204),
]

STREAM = Route("GET", "/api/v1/events/stream", 200, 403, 403, 200)

GUARDED = [*ROUTES, STREAM]

WRITES = [route for route in ROUTES if route.body is not None]

PUBLIC = {("GET", "/health"), ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics")}

SIGN_IN = ("POST", "/api/v1/session")
"""Signing in happens before a caller has any rights, so `test_sign_in.py` tests it."""

TRACES = ("POST", "/v1/traces")
"""Refuses in the words of OTLP: `otlp/test_requests.py`."""


def route_name(route: Route) -> str:
    return f"{route.method} {route.path.removeprefix('/api/v1')}"


every_route = pytest.mark.parametrize("route", GUARDED, ids=route_name)


@pytest.fixture(scope="module")
def world(server: Server) -> World:
    """Shared by the tests that change nothing in it."""
    return World.on(server)


def dead_keys(world: World) -> dict[str, list[tuple[str, str | bytes]]]:
    """Headers without a live key, by what is wrong with them."""
    admin = world.keys["admin"]
    flipped = admin[:-1] + ("0" if admin[-1] != "0" else "1")
    named: dict[str, list[tuple[str, str | bytes]]] = {
        "no key": [],
        "empty": [("X-API-Key", "")],
        "garbage": [("X-API-Key", "let me in")],
        "not ASCII": [("X-API-Key", "as_adm_\u00e9".encode())],
        "not UTF-8": [("X-API-Key", b"\xff\xfe")],
        "truncated": [("X-API-Key", admin[:-1])],
        "lengthened": [("X-API-Key", admin + "0")],
        "one character changed": [("X-API-Key", flipped)],
        "prefix of another scope": [("X-API-Key", "as_ro_" + admin.removeprefix("as_adm_"))],
        "readonly key as admin": [("X-API-Key", "as_adm_" + world.keys["readonly"].removeprefix("as_ro_"))],
        "upper-cased": [("X-API-Key", admin.upper())],
        "3,000 characters": [("X-API-Key", "as_adm_" + "a" * 2993)],
        "two headers": [("X-API-Key", admin), ("X-API-Key", admin)],
        "two headers, two keys": [("X-API-Key", world.keys["readonly"]), ("x-api-key", admin)],
        "joined": [("X-API-Key", f"{admin}, {admin}")],
        "underscores": [("X_API_Key", admin)],
        "bearer": [("Authorization", f"Bearer {admin}")],
        "cookie": [("Cookie", f"X-API-Key={admin}; api_key={admin}")],
    }
    return named


@pytest.fixture(scope="module")
def revoked_keys(server: Server, world: World) -> list[str]:
    """One of each scope."""
    keys = [server.new_key("admin"), server.new_key("readonly"), server.new_key("agent", world.a)]
    for key in keys:
        key_id = server.request("GET", "/api/v1/keys/self", key).json()["id"]
        assert server.api.delete(f"keys/{key_id}").status_code == 204
    return keys


def test_every_route_of_the_server_has_a_row_here(server: Server) -> None:
    document = server.request("GET", "/openapi.json").json()
    served = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == {(route.method, route.path) for route in GUARDED} | PUBLIC | {SIGN_IN, TRACES}


@pytest.mark.parametrize("path", sorted(path for _, path in PUBLIC))
def test_whoever_may_ask_for_health_and_learns_no_name(server: Server, world: World, path: str) -> None:
    answer = server.request("GET", path)
    assert answer.status_code == 200
    assert world.a not in answer.text
    assert "crm_search" not in answer.text
    assert server.request("GET", path, "garbage").status_code == 200


@every_route
def test_nobody_without_a_live_key_is_let_in(world: World, revoked_keys: list[str], route: Route) -> None:
    headers = dead_keys(world) | {f"revoked {n}": [("X-API-Key", key)] for n, key in enumerate(revoked_keys)}
    body = {"json": route.body(world)} if route.body is not None else {}
    bodies: dict[str, str] = {}
    with httpx2.Client(base_url=world.server.url, timeout=20, trust_env=False) as client:
        for name, pairs in headers.items():
            answer = client.request(route.method, world.path(route.path), headers=pairs, **body)  # type: ignore[arg-type]
            assert_refused(answer, 401)
            assert answer.headers["www-authenticate"].startswith("ApiKey")
            bodies[name] = answer.json()["detail"]
    missing = {bodies.pop(name) for name in ("no key", "empty", "underscores", "bearer", "cookie")}
    assert missing == {"A valid API key is required in the X-API-Key header"}
    two = {bodies.pop(name) for name in ("two headers", "two headers, two keys")}
    assert two == {"Send one X-API-Key header, not two"}
    assert set(bodies.values()) == {"Wrong, expired or revoked key"}, "the words tell an unknown key from a revoked one"


@every_route
def test_a_key_in_the_address_or_the_body_is_no_key_and_is_not_repeated(world: World, route: Route) -> None:
    admin = world.keys["admin"]
    members = {**(route.body(world) if route.body else {}), "api_key": admin, "X-API-Key": admin}
    for kwargs in ({"params": {"X-API-Key": admin, "api_key": admin}}, {"json": members}):
        answer = world.server.request(route.method, world.path(route.path), **kwargs)
        assert_refused(answer, 401)
        assert admin not in answer.text


@pytest.mark.parametrize("caller", ["readonly", "own agent", "other agent"])
@pytest.mark.parametrize("route", ROUTES, ids=route_name)
def test_each_key_is_held_to_its_scope(world: World, route: Route, caller: str) -> None:
    expected = {"readonly": route.readonly, "own agent": route.own_agent, "other agent": route.other_agent}[caller]
    assert world.call(route, caller) == expected


@pytest.mark.parametrize("route", ROUTES, ids=route_name)
def test_an_admin_key_may_do_everything(server: Server, route: Route) -> None:
    status = World.on(server).call(route, "admin")
    was_there = route.path == "/api/v1/demo" and status == 200  # other tests of this server may have loaded it before
    assert status == route.admin or was_there


@pytest.mark.parametrize("caller", ["readonly", "own agent", "other agent", "admin"])
def test_the_stream_is_for_readers(world: World, caller: str) -> None:
    headers = {"X-API-Key": world.keys[caller]}
    with httpx2.stream("GET", world.server.url + STREAM.path, headers=headers, trust_env=False) as answer:
        assert answer.status_code == (200 if caller in {"readonly", "admin"} else 403)


def test_a_refused_write_changes_nothing(server: Server) -> None:
    world = World.on(server)
    before = server.api.get(f"agents/{world.a}").json()
    for route in ROUTES:
        for caller in ("readonly", "other agent"):
            if route.method != "GET":
                world.call(route, caller)
    server.wait_for_score(world.a, events=0)
    assert server.api.get(f"agents/{world.a}").json() == before


@pytest.mark.parametrize("route", WRITES, ids=route_name)
def test_the_key_is_checked_before_the_scope_and_the_scope_before_the_body(world: World, route: Route) -> None:
    broken: dict[str, Any] = {"content": b'{"name": ', "headers": {"Content-Type": "application/json"}}
    for kwargs in (broken, {"content": b"\xff", "headers": {"Content-Type": "text/plain"}}):
        assert world.status(route, None, **kwargs) == 401
        assert world.status(route, world.keys["readonly"], **kwargs) == 403
    assert world.status(route, world.keys["admin"], **broken) in {400, 422}


@pytest.mark.parametrize("route", WRITES, ids=route_name)
def test_three_megabytes_without_a_key_are_refused_at_once(world: World, route: Route) -> None:
    head = (
        f"{route.method} {world.path(route.path)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {3 << 20}\r\n\r\n"
    )
    with socket.create_connection(world.server.address, timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(head.encode() + b" " * 1000)
        assert connection.recv(65536).split(b" ")[1] in {b"401", b"413"}


@pytest.mark.parametrize("route", [route for route in GUARDED if "{" in route.path], ids=route_name)
def test_an_id_tells_nothing_to_who_has_no_key(world: World, route: Route) -> None:
    path = world.path(route.path).replace(world.a, str(uuid4())).replace(world.finding, str(uuid4()))
    assert_refused(world.server.request(route.method, path), 401)
    assert_refused(world.server.request(route.method, path.replace("-", "!")), 401)


def test_an_agent_key_cannot_tell_a_foreign_agent_from_one_that_does_not_exist(world: World) -> None:
    key, nobody = world.keys["own agent"], str(uuid4())

    def ask(agent_id: str) -> list[tuple[int, str]]:
        answers = [
            world.server.request("POST", "/api/v1/events", key, json=event(agent_id)),
            world.server.request("POST", "/api/v1/events/batch", key, json={"events": [event(agent_id)]}),
            world.server.request("GET", f"/api/v1/agents/{agent_id}", key),
            world.server.request("GET", f"/api/v1/agents/{agent_id}/score", key),
            world.server.request("GET", f"/api/v1/agents/{agent_id}/findings", key),
            world.server.request("GET", "/api/v1/events", key, params={"agent_id": agent_id}),
        ]
        return [(answer.status_code, answer.text) for answer in answers]

    assert ask(world.b) == ask(nobody)


def test_an_agent_key_with_a_wrong_event_of_a_foreign_agent_is_not_told_what_is_wrong_with_the_time(
    world: World,
) -> None:
    old = event(world.b, timestamp="2020-01-01T00:00:00Z")
    answer = world.server.request("POST", "/api/v1/events", world.keys["own agent"], json=old)
    assert_refused(answer, 403)


ODD_SPELLINGS: dict[str, Callable[[str], object]] = {
    "upper-case": str.upper,
    "braced": lambda id_: f"{{{id_}}}",
    "urn": lambda id_: f"urn:uuid:{id_}",
    "undashed": lambda id_: id_.replace("-", ""),
    "spaces": lambda id_: f" {id_} ",
    "list": lambda id_: [id_],
    "object": lambda id_: {"id": id_},
    "number": lambda id_: UUID(id_).int,
    "null": lambda _: None,
    "full-width digits": lambda id_: id_.replace("0", "０"),
}


@pytest.mark.parametrize("spelling", ODD_SPELLINGS)
def test_no_spelling_of_a_foreign_agent_id_gets_past_the_binding(world: World, spelling: str) -> None:
    body = {**event(world.a), "agent_id": ODD_SPELLINGS[spelling](world.a)}
    answer = world.server.request("POST", "/api/v1/events", world.keys["other agent"], json=body)
    assert_refused(answer, 403, 422)


def test_a_doubled_agent_id_is_checked_as_it_is_stored(server: Server) -> None:
    world = World.on(server)
    key = world.keys["other agent"]
    rest = json.dumps(event(world.a))[1:].replace(f'"agent_id": "{world.a}", ', "")
    for first, second in ((world.a, world.b), (world.b, world.a)):
        body = f'{{"agent_id": "{first}", "agent_id": "{second}", {rest}'
        headers = {"Content-Type": "application/json"}
        server.request("POST", "/api/v1/events", key, content=body.encode(), headers=headers)
    counts = {row["agent_id"]: row["n"] for row in _event_counts(server, world)}
    assert counts.get(UUID(world.a), 0) == 0


def _event_counts(server: Server, world: World) -> list[dict[str, Any]]:
    sql = "SELECT agent_id, count(*) AS n FROM agent_events WHERE agent_id = ANY($1::uuid[]) GROUP BY 1"
    return query(server.dsn, sql, [world.a, world.b])


def test_a_batch_stores_own_events_and_refuses_foreign_ones(server: Server) -> None:
    world = World.on(server)
    events = [event(world.a), event(world.b), event(world.a), event(str(uuid4()))]
    answer = server.request("POST", "/api/v1/events/batch", world.keys["own agent"], json={"events": events})
    assert [result["status"] for result in answer.json()["results"]] == [201, 403, 201, 403]
    assert {row["agent_id"]: row["n"] for row in _event_counts(server, world)} == {UUID(world.a): 2}


@pytest.mark.parametrize("dashes", ["-", ""])
def test_a_client_cannot_set_what_the_server_derives(server: Server, dashes: str) -> None:
    forged = str(uuid4()).replace("-", dashes)
    long_ago = "2001-01-01T00:00:00Z"
    scores = {"trust_score": 100, "posture_score": 100, "behavior_score": 100, "status": "TRUSTED"}
    made = server.api.post("agents", json={"name": "n", "id": forged, "created_at": long_ago, **scores}).json()
    assert UUID(made["id"]) != UUID(forged)
    assert made["created_at"] != long_ago
    assert (made["trust_score"], made["status"]) == (None, "WATCH")
    harmless = {"tool_name": "delete_file", "scope": "read", "is_dangerous": False, "call_count_7d": 9, "id": forged}
    grant = server.api.post(f"agents/{made['id']}/grants", json=harmless).json()
    assert (grant["scope"], grant["is_dangerous"], grant["call_count_7d"]) == ("write", True, 0)
    assert UUID(grant["id"]) != UUID(forged)
    changed = server.api.patch(f"agents/{made['id']}", json=scores).json()
    assert changed["trust_score"] != 100
    told = server.api.post("events", json=event(made["id"], anomaly_score=0, reasons=[], id=forged)).json()
    assert (told["anomaly_score"], UUID(told["event_id"]) == UUID(forged)) == (0.9, False)
    key = {"name": "k", "scope": "readonly", "key": "as_adm_" + "0" * 64, "key_hash": "0" * 64, "is_active": False}
    answer = server.api.post("keys", json=key).json()
    assert answer["key"].startswith("as_ro_")
    assert (answer["key_hash"] != "0" * 64, answer["is_active"]) == (True, True)


def test_an_agent_key_dies_with_its_agent(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    assert server.request("POST", "/api/v1/events", key, json=event(agent_id)).status_code == 201
    assert server.api.delete(f"agents/{agent_id}").status_code == 204
    assert_refused(server.request("POST", "/api/v1/events", key, json=event(agent_id)), 403)
    assert_refused(server.request("GET", "/api/v1/keys/self", key), 403)
    assert_refused(server.request("GET", f"/api/v1/agents/{agent_id}/score", key), 403)
    batch = {"events": [event(agent_id)]}
    results = server.request("POST", "/api/v1/events/batch", key, json=batch).json()["results"]
    assert [result["status"] for result in results] == [403]


@pytest.mark.parametrize(
    "path", ["agents/{a}", "agents/{a}/grants/{grant}", "agents/{a}/mcp/{connection}", "keys/{key}"]
)
def test_what_is_deleted_cannot_be_deleted_again(server: Server, path: str) -> None:
    world = World.on(server)
    target = path.format(a=world.a, grant=world.grant, connection=world.connection, key=world.key)
    assert server.api.delete(target).status_code == 204
    assert_refused(server.api.delete(target), 404)


def test_nothing_is_reached_through_another_agent(server: Server) -> None:
    world = World.on(server)
    for kind, row_id, change in (
        ("grants", world.grant, {"rate_limit_per_hour": 1}),
        ("mcp", world.connection, {"server_name": "x"}),
    ):
        assert_refused(server.api.patch(f"agents/{world.b}/{kind}/{row_id}", json=change), 404)
        assert_refused(server.api.delete(f"agents/{world.b}/{kind}/{row_id}"), 404)


def test_one_admin_key_always_stays(own_server: Server) -> None:
    server = own_server
    own_id = server.api.get("keys/self").json()["id"]
    assert_refused(server.api.delete(f"keys/{own_id}"), 400)
    for _ in range(50):
        _two_admins_revoke_each_other(server)
    assert len([key for key in server.api.get("keys").json() if key["scope"] == "admin"]) == 1


def _two_admins_revoke_each_other(server: Server) -> None:
    """Let two admin keys revoke each other at once; the key that survives becomes the server's own."""
    own, other = server.api, server.new_key("admin")
    ids = [server.request("GET", "/api/v1/keys/self", key).json()["id"] for key in (server.admin_key, other)]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(own.delete, f"keys/{ids[1]}")
        second = pool.submit(server.request, "DELETE", f"/api/v1/keys/{ids[0]}", other)
        statuses = sorted([first.result().status_code, second.result().status_code])
    assert statuses in ([204, 409], [204, 401]), statuses
    if first.result().status_code != 204:
        own.close()
        server.admin_key, server._client = other, None
    assert server.api.get("keys/self").status_code == 200


def test_the_last_admin_key_cannot_be_revoked(own_server: Server) -> None:
    """Only a key in use can be the last one, unless it was revoked elsewhere within the seconds it is believed."""
    server = own_server
    other = server.new_key("admin")
    other_id = server.request("GET", "/api/v1/keys/self", other).json()["id"]
    own_id = server.api.get("keys/self").json()["id"]
    query(server.dsn, "UPDATE api_keys SET is_active = false WHERE id = $1", other_id)
    assert_refused(server.request("DELETE", f"/api/v1/keys/{own_id}", other), 409)
    assert server.api.get("keys/self").status_code == 200


def test_a_key_revoked_by_another_process_is_dead_within_seconds(server: Server) -> None:
    key = server.new_key("readonly")
    key_id = server.request("GET", "/api/v1/keys/self", key).json()["id"]
    query(server.dsn, "UPDATE api_keys SET is_active = false WHERE id = $1", key_id)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.request("GET", "/api/v1/agents", key).status_code != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_revoked_key_is_dead_at_once_on_a_warm_connection(server: Server) -> None:
    agent_id = server.new_agent()
    for scope, bound in (("readonly", None), ("agent", agent_id), ("admin", None)):
        key = server.new_key(scope, bound)
        with httpx2.Client(base_url=server.url, headers={"X-API-Key": key}, trust_env=False) as warm:
            key_id = warm.get("/api/v1/keys/self").json()["id"]
            if scope != "readonly":
                assert warm.post("/api/v1/events", json=event(agent_id)).status_code == 201
            assert server.api.delete(f"keys/{key_id}").status_code == 204
            assert warm.get("/api/v1/keys/self").status_code == 401
            assert warm.post("/api/v1/events", json=event(agent_id)).status_code == 401
            assert warm.post("/api/v1/events/batch", json={"events": [event(agent_id)]}).status_code == 401


def test_a_stream_ends_when_its_key_is_revoked(server: Server) -> None:
    key = server.new_key("readonly")
    key_id = server.request("GET", "/api/v1/keys/self", key).json()["id"]
    headers = {"X-API-Key": key}
    with httpx2.stream(
        "GET", server.url + STREAM.path, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    ) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        assert server.api.delete(f"keys/{key_id}").status_code == 204
        assert not [line for line in lines if line.startswith("data:")]  # and it ends


def test_a_new_key_is_not_to_be_cached_and_never_shown_again(server: Server) -> None:
    answer = server.api.post("keys", json={"name": "once", "scope": "readonly"})
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    listing = server.api.get("keys", params={"limit": 500})
    assert made["id"] in listing.text
    assert made["key"] not in listing.text
    assert made["key"] not in server.request("GET", "/api/v1/keys/self", made["key"]).text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:5174.evil.example", "file://"])
def test_a_foreign_page_may_not_call_the_api(server: Server, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    preflight = server.request("OPTIONS", "/api/v1/agents", headers=asked)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers
    for method, path in (("GET", "/api/v1/agents"), ("POST", "/api/v1/events")):
        answer = server.request(method, path, server.admin_key, headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers


def test_the_dashboard_may_call_the_api(server: Server) -> None:
    origin = "http://localhost:5174"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    for path in ("/api/v1/agents", "/api/v1/events"):
        preflight = server.request("OPTIONS", path, headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in preflight.headers
    answer = server.request("GET", "/api/v1/agents", server.admin_key, headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin


PATH_TRICKS = [
    "//api/v1/agents",
    "/api//v1/agents",
    "/api/v1//agents",
    "/api/./v1/agents",
    "/./api/v1/agents",
    "/api/v1/../v1/agents",
    "/health/../api/v1/agents",
    "/api/v1%2fagents",
    "/api%2Fv1%2Fagents",
    "/%61pi/v1/agents",
    "/api/v1/agents/",
    "/api/v1/agents;x=1",
    "/api/v1;/agents",
    "/api/v1/agents%00",
    "/api/v1/agents%20",
    "/api/v1/agents.json",
    "/API/V1/AGENTS",
    "/api/v1/Agents",
    "/api\\v1\\agents",
    "/api/v1/agents?X-API-Key=x",
    "/api/v1/agents#",
    "/api/v1/events",
    "/api/v1/events%2fbatch",
    "/api/v1/events/",
    "//api/v1/events",
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", PATH_TRICKS)
def test_no_spelling_of_a_path_gets_round_the_key(server: Server, method: str, path: str) -> None:
    body = json.dumps({"name": "smuggled", "events": []})
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Original-URL: /health\r\n"
        f"X-Rewrite-URL: /health\r\nX-HTTP-Method-Override: GET\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    status = converse(server.address, head.encode()).split(b" ")[1]
    assert status in {b"400", b"401", b"404", b"405", b"307"}


def test_a_key_is_in_no_log_and_no_metric(server: Server) -> None:
    world = World.on(server)
    hidden = [key for name, key in world.keys.items() if name != "admin"]
    for key in hidden:
        server.request("POST", "/api/v1/agents", key, json={"name": key})
        server.request("POST", "/api/v1/events", key, json={"tool_name": HASH})
        server.request("GET", f"/api/v1/agents?key={key}", key + "0")
    told = server.log.read_text() + server.request("GET", "/metrics").text
    assert not [key for key in hidden if key in told]
    assert Path(f"/proc/{server.process.pid}/cmdline").read_text().count("as_") == 0
    stored = query(server.dsn, "SELECT string_agg(to_jsonb(k)::text, '') AS rows FROM api_keys k")[0]["rows"]
    assert not [key for key in hidden if key in stored]
