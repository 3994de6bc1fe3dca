"""What all answers have in common, and how strictly requests are read."""

import gzip
import json

import pytest

from server.support import Server, assert_refused, converse, event

READS = ("/api/v1/agents", "/api/v1/findings", "/api/v1/events", "/api/v1/keys", "/health", "/metrics", "/sign-in")


@pytest.mark.parametrize("path", READS)
def test_head_is_answered_as_get_without_the_body(server: Server, path: str) -> None:
    head, get = (server.request(method, path, server.admin_key) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_head_is_refused_where_get_is(server: Server) -> None:
    assert server.request("HEAD", "/api/v1/agents").status_code == 401
    assert server.request("HEAD", "/v1/traces", server.admin_key).status_code in {404, 405}


@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize(
    "path", ["/api/v1/agents", "/api/v1/events", "/api/v1/findings/summary", "/health", "/nowhere"]
)
def test_json_is_not_cached_and_not_sniffed(server: Server, path: str, *, has_key: bool) -> None:
    answer = server.request("GET", path, server.admin_key if has_key else None)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "X-API-Key" in answer.headers["vary"]


def test_reports_are_not_cached_either(server: Server) -> None:
    agent_id = server.new_agent()
    for body in (event(agent_id), {}):
        answer = server.api.post("events", json=body)
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


def test_blanks_around_a_key_are_not_part_of_it(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    for padded in (f"{key} ", f"{key}\t", f"  {key}  "):
        head = f"Host: x\r\nX-API-Key:{padded}\r\nContent-Type: application/json\r\n"
        body = json.dumps(event(agent_id))
        for request in (
            f"POST /api/v1/events HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}",
            f"GET /api/v1/keys/self HTTP/1.1\r\n{head}\r\n",
        ):
            assert converse(server.address, request.encode(), quiet_seconds=0.3).split(b" ")[1] in {b"200", b"201"}
    assert server.request("GET", "/api/v1/keys/self", f"{key[:20]} {key[20:]}").status_code == 401


@pytest.mark.parametrize("path", ["events", "events/batch", "agents", "keys"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_compressed_body_is_refused_as_such_and_not_as_bad_json(server: Server, path: str, encoding: str) -> None:
    body = gzip.compress(json.dumps({"events": []}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = server.api.post(path, content=body, headers=headers)
    assert_refused(answer, 415)
    assert "Content-Encoding" in answer.json()["detail"]
