"""Test an agent without a server: `FakeSentinel` answers the API from memory, through httpx2's mock transport.

    sentinel = FakeSentinel()
    run_my_agent(sentinel.client())
    assert [event["tool_name"] for event in sentinel.events] == ["search_crm", "send_email"]

`reporter()` gives a `Reporter` that talks to it, and `serve()` puts it on a real port, for agents that run elsewhere:

    with sentinel.serve() as url:
        subprocess.run(["python", "my_agent.py"], env={"SENTINEL_URL": url, "AGENTSENTINEL_API_KEY": sentinel.api_key})

It stores what is reported and scores it by the two simplest rules of the real server: the first call of a tool scores
0.9, each later one 0.7. It judges no posture; give it the `posture_score` your test needs.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from agentsentinel_core.manifest.changes import digests_of
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_sdk.client import DEFAULT_TIMEOUT_SECONDS, Client
from agentsentinel_sdk.reporter import Reporter

FIRST_CALL_SCORE = 0.9
NO_BASELINE_SCORE = 0.7
RECENCY_POINTS = 10.0
RECENT_CALLS = 5
"""Calls from which the recency points are given."""

_BANDS = ((80.0, "TRUSTED"), (60.0, "WATCH"), (40.0, "ALERT"))
_WRITE_WORDS = {"write", "edit", "create", "delete", "send", "run", "deploy"}
_DANGEROUS_WORDS = {"delete", "send", "run", "deploy"}

_AGENT_DEFAULTS = {
    "agent_type": "llm_agent",
    "model": "unknown",
    "owner_team": "unassigned",
    "description": None,
}

_Json = dict[str, Any]
_Handler = Callable[..., httpx2.Response]
_Fault = Callable[[httpx2.Request], httpx2.Response]


class FakeSentinel:
    """An AgentSentinel server in memory.

    Attributes:
        requests: every request that came, in order, faulty ones included.
        agents, grants, connections, observations, findings: what is stored, as the API's JSON objects.
        events: the events that were taken, as they were sent plus `anomaly_score`.
        posture_score: 0..100, given to every agent.
        suspended: ids of suspended agents, with the reason of each or None.
        manifests: what MCP servers offer, as it was stated last, by agent, server and principal.
        pinned: the digests that are pinned of each, as in the enforcement snapshot; the first list of a kind is pinned.
        bound_agent_id: makes the key one of scope agent, bound to this agent; None leaves it an admin key.
    """

    def __init__(self, api_key: str = "as_adm_" + "0" * 64, *, posture_score: float = 100.0) -> None:
        self.api_key = api_key
        self.posture_score = posture_score
        self.bound_agent_id: str | None = None
        self.requests: list[httpx2.Request] = []
        self.agents: list[_Json] = []
        self.grants: list[_Json] = []
        self.observations: list[_Json] = []
        self.connections: list[_Json] = []
        self.findings: list[_Json] = []
        self.events: list[_Json] = []
        self.manifests: dict[tuple[str, str, str], dict[str, list[_Json]]] = {}
        self.pinned: dict[tuple[str, str, str], dict[str, dict[str, list[str]]]] = {}
        self.suspended: dict[str, str | None] = {}
        self._faults: deque[_Fault] = deque()
        self._lock = threading.Lock()
        self._known: dict[str, _Json] = {}
        self._called: set[tuple[str, str]] = set()
        self.transport = httpx2.MockTransport(self._handle)
        """What `Client(..., transport=...)` takes."""

    def client(self, *, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Client:
        """Return a client of this server with a valid key."""
        return Client(self.api_key, "http://sentinel.test", timeout=timeout, transport=self.transport)

    def reporter(self, **parameters: Any) -> Reporter:
        """Return a reporter to this server with a valid key and nothing on disk; see `Reporter`."""
        settings = {"spool": None, "agent_name": "test-agent", "transport": self.transport, **parameters}
        return Reporter(self.api_key, "http://sentinel.test", **settings)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Answer on a port of the loopback interface for the length of a block; gives the base URL."""
        server = _HttpServer(("127.0.0.1", port), _HttpHandler)
        server.sentinel = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.drop_connections()
            server.server_close()
            thread.join()

    def answer_next(
        self, status: int, body: object = None, *, headers: Mapping[str, str] | None = None, times: int = 1
    ) -> None:
        """Give the next requests this answer instead; `body` is JSON, or None for a problem document."""
        content = problem(status, "answered on purpose") if body is None else body
        self._faults.extend([lambda _: httpx2.Response(status, json=content, headers=headers)] * times)

    def fail_next(self, error: Exception, *, times: int = 1) -> None:
        """Let the next requests end in this error, such as `httpx2.ConnectError("refused")`."""

        def fail(_: httpx2.Request) -> httpx2.Response:
            raise error

        self._faults.extend([fail] * times)

    def add_finding(self, agent_id: str, rule_id: str, severity: str = "HIGH", status: str = "OPEN") -> _Json:
        """Store a posture finding and return it."""
        finding = {
            **_identity(agent_id),
            "severity": severity,
            "finding_type": "POSTURE",
            "rule_id": rule_id,
            "message": f"{rule_id} fired",
            "status": status,
            "resolved_at": None,
        }
        self.findings.append(finding)
        return finding

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        with self._lock:
            return self._answer(request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self._faults:
            return self._faults.popleft()(request)
        if request.url.path != "/health" and request.headers.get("X-API-Key") != self.api_key:
            return _refusal(401, "unknown API key")
        for method, pattern, handler in _ROUTES:
            match = re.fullmatch(pattern, request.url.path)
            if match and method == request.method:
                return handler(self, request, *match.groups())
        return _refusal(404, f"no route {request.method} {request.url.path}")

    def _health(self, _: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"status": "ok", "service": "agentsentinel", "version": "0.0.0"})

    def _key(self, _: httpx2.Request) -> httpx2.Response:
        scope = "admin" if self.bound_agent_id is None else "agent"
        key = {"id": str(uuid.uuid4()), "name": "test", "scope": scope, "agent_id": self.bound_agent_id}
        return httpx2.Response(200, json={**key, "key_prefix": self.api_key[:12]})

    def _register(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.params.get("reuse") == "true":
            wanted = {"owner_team": "unassigned", **_body(request)}
            for agent in reversed(self.agents):
                if all(agent.get(key) == wanted[key] for key in ("name", "owner_team")):
                    return httpx2.Response(200, json=agent)
        scores = {"trust_score": None, "posture_score": None, "behavior_score": None, "status": "WATCH"}
        agent = {"id": str(uuid.uuid4()), **_AGENT_DEFAULTS, **_body(request), **scores, "created_at": _now()}
        self.agents.append(agent)
        return httpx2.Response(201, json=agent)

    def _list_agents(self, request: httpx2.Request) -> httpx2.Response:
        return _page(request, self.agents, "name", "status", "owner_team")

    def _get_agent(self, _: httpx2.Request, agent_id: str) -> httpx2.Response:
        agent = next((agent for agent in self.agents if agent["id"] == agent_id), None)
        if agent is None:
            return _refusal(404, "no such agent")
        belongings = {
            "grants": _of(agent_id, self.grants),
            "mcp_connections": _of(agent_id, self.connections),
            "findings": _of(agent_id, self.findings),
        }
        return httpx2.Response(200, json={**agent, **belongings})

    def _enforcement(self, _: httpx2.Request, agent_id: str) -> httpx2.Response:
        """Answer at once: a client that asks to be kept waiting asks again."""
        grants = [
            {name: grant.get(name) for name in ("server_name", "tool_name", "origin", "rate_limit_per_hour")}
            for grant in _of(agent_id, self.grants)
        ]
        steering = {
            "suspended": agent_id in self.suspended,
            "suspended_reason": self.suspended.get(agent_id),
            "status": None,
            "grants": grants,
            "session_risk": None,
            "manifests": [
                {"server_name": server, "principal": principal, "pinned": pinned}
                for (agent, server, principal), pinned in self.pinned.items()
                if agent == agent_id
            ],
        }
        name = next((agent["name"] for agent in self.agents if agent["id"] == agent_id), "")
        version = hashlib.sha256(json.dumps(steering).encode()).hexdigest()[:32]
        answer = {"version": version, "agent_id": agent_id, "agent_name": name, **steering}
        return httpx2.Response(200, json=answer)

    def _grant(self, request: httpx2.Request, agent_id: str) -> httpx2.Response:
        body = _body(request)
        for grant in _of(agent_id, self.grants):
            if (grant["tool_name"], grant["server_name"]) == (body["tool_name"], body.get("server_name")):
                grant["rate_limit_per_hour"] = body.get("rate_limit_per_hour", grant["rate_limit_per_hour"])
                return httpx2.Response(200, json=grant)
        words = set(re.split(r"[^a-z]+", body["tool_name"].lower()))
        grant = {
            **_identity(agent_id),
            "tool_name": body["tool_name"],
            "server_name": body.get("server_name"),
            "origin": body.get("origin", "declared"),
            "scope": "write" if words & _WRITE_WORDS else "read",
            "is_dangerous": bool(words & _DANGEROUS_WORDS),
            "rate_limit_per_hour": body.get("rate_limit_per_hour"),
            "call_count_7d": 0,
            "last_called_at": None,
        }
        self.grants.append(grant)
        return httpx2.Response(201, json=grant)

    def _connect(self, request: httpx2.Request, agent_id: str) -> httpx2.Response:
        connection = {"capabilities": None, "command": None, **_body(request), **_identity(agent_id)}
        self.connections.append(connection)
        return httpx2.Response(201, json=connection)

    def _observe(self, request: httpx2.Request, agent_id: str) -> httpx2.Response:
        self.observations.append({"agent_id": agent_id, "server_name": None, **_body(request)})
        return httpx2.Response(204)

    def _manifest(self, request: httpx2.Request, agent_id: str) -> httpx2.Response:
        body = _body(request)
        key = agent_id, body["server_name"], body.get("principal", "")
        self.manifests.setdefault(key, {}).update(body["lists"])
        for kind, definitions in body["lists"].items():
            self.pinned.setdefault(key, {}).setdefault(kind, digests_of(ItemKind(kind), definitions))
        return httpx2.Response(200, json={})

    def approve(self, agent_id: str, server_name: str, principal: str = "") -> None:
        """Pin what an MCP server offers now."""
        key = agent_id, server_name, principal
        self.pinned[key] = {kind: digests_of(ItemKind(kind), each) for kind, each in self.manifests[key].items()}

    def _event(self, request: httpx2.Request) -> httpx2.Response:
        result = self._take(_body(request))
        return httpx2.Response(result.pop("status"), json=result)

    def _batch(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"results": [self._take(event) for event in _body(request)["events"]]})

    def _take(self, event: _Json) -> _Json:
        """One event of a batch or alone: its answer, with the status among the members."""
        if all(agent["id"] != event["agent_id"] for agent in self.agents):
            return {"status": 404, **problem(404, "no such agent"), "event_id": event["event_id"]}
        known = self._index()
        stored = known.get(event["event_id"])
        if stored is None:
            stored = {"timestamp": _now(), **event, "anomaly_score": self._anomaly_of(event)}
            self.events.append(stored)
            known[event["event_id"]] = stored
            self._called.add((event["agent_id"], event["tool_name"]))
        first = stored["anomaly_score"] == FIRST_CALL_SCORE
        reason = {
            "detector": "first_call" if first else "no_baseline",
            "score": stored["anomaly_score"],
            "message": "first call of this tool" if first else "no baseline yet",
        }
        answer = {name: stored[name] for name in ("event_id", "anomaly_score", "timestamp")}
        return {"status": 201, **answer, "reasons": [reason]}

    def _anomaly_of(self, event: _Json) -> float:
        is_known = (event["agent_id"], event["tool_name"]) in self._called
        return NO_BASELINE_SCORE if is_known else FIRST_CALL_SCORE

    def _index(self) -> dict[str, _Json]:
        """Events by id, made anew when a test has changed the list."""
        if len(self._known) != len(self.events):
            self._known = {event["event_id"]: event for event in self.events}
            self._called = {(event["agent_id"], event["tool_name"]) for event in self.events}
        return self._known

    def _score(self, _: httpx2.Request, agent_id: str) -> httpx2.Response:
        scores = [event["anomaly_score"] for event in _of(agent_id, self.events)]
        behavior = 100 * (1 - sum(scores) / len(scores)) if scores else 50.0
        recency = RECENCY_POINTS if len(scores) >= RECENT_CALLS else 0.0
        trust = round(0.45 * self.posture_score + 0.45 * behavior + recency, 2)
        score = {
            "trust_score": trust,
            "posture_score": self.posture_score,
            "behavior_score": round(behavior, 2),
            "recency_bonus": recency,
            "status": next((band for floor, band in _BANDS if trust >= floor), "CRITICAL"),
            "findings_count": sum(finding["status"] == "OPEN" for finding in _of(agent_id, self.findings)),
        }
        return httpx2.Response(200, json=score)

    def _list_findings(self, request: httpx2.Request, agent_id: str) -> httpx2.Response:
        return _page(request, _of(agent_id, self.findings), "status", "severity")


class _HttpServer(ThreadingHTTPServer):
    """Knows its connections, so that an end is one, also for clients that keep theirs alive."""

    sentinel: FakeSentinel
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def drop_connections(self) -> None:
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _HttpHandler(BaseHTTPRequestHandler):
    """HTTP around `FakeSentinel`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = httpx2.Request(
            self.command, f"http://sentinel.test{self.path}", headers=dict(self.headers), content=body
        )
        answer = self.server.sentinel._handle(request)
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Retry-After", "Location"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_GET  # noqa: N815 - as the standard library wants it
    do_PUT = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing: tests read what was stored."""


_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", "/health", FakeSentinel._health),
    ("GET", "/api/v1/keys/self", FakeSentinel._key),
    ("POST", "/api/v1/agents", FakeSentinel._register),
    ("GET", "/api/v1/agents", FakeSentinel._list_agents),
    ("GET", "/api/v1/agents/([^/]+)", FakeSentinel._get_agent),
    ("GET", "/api/v1/agents/([^/]+)/enforcement", FakeSentinel._enforcement),
    ("POST", "/api/v1/agents/([^/]+)/grants", FakeSentinel._grant),
    ("POST", "/api/v1/agents/([^/]+)/mcp", FakeSentinel._connect),
    ("POST", "/api/v1/agents/([^/]+)/observations", FakeSentinel._observe),
    ("PUT", "/api/v1/agents/([^/]+)/manifests", FakeSentinel._manifest),
    ("POST", "/api/v1/events", FakeSentinel._event),
    ("POST", "/api/v1/events/batch", FakeSentinel._batch),
    ("GET", "/api/v1/agents/([^/]+)/score", FakeSentinel._score),
    ("GET", "/api/v1/agents/([^/]+)/findings", FakeSentinel._list_findings),
)


def problem(status: int, detail: str, **members: object) -> dict[str, object]:
    """Return an RFC 9457 problem document as the server writes it."""
    return {"type": "about:blank", "title": httpx2.codes.get_reason_phrase(status), "detail": detail} | {
        "status": status,
        **members,
    }


def _refusal(status: int, detail: str) -> httpx2.Response:
    return httpx2.Response(status, json=problem(status, detail), headers={"Content-Type": "application/problem+json"})


def _page(request: httpx2.Request, items: list[_Json], *filters: str) -> httpx2.Response:
    query = request.url.params
    matching = [item for item in reversed(items) if all(item[name] == query.get(name, item[name]) for name in filters)]
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 50))
    return httpx2.Response(200, json=matching[offset : offset + limit])


def _of(agent_id: str, items: list[_Json]) -> list[_Json]:
    return [item for item in items if item["agent_id"] == agent_id]


def _body(request: httpx2.Request) -> _Json:
    body = json.loads(request.content)
    assert isinstance(body, dict)  # noqa: S101 - a test's own mistake should be loud
    return body


def _identity(agent_id: str) -> _Json:
    return {"id": str(uuid.uuid4()), "agent_id": agent_id, "created_at": _now()}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
