"""The live stream: events within a second, one agent's if asked, none missed over a reconnect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from server.support import Server, event, new_database, running


class Stream:
    """An open stream. Reading times out instead of hanging."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.headers = answer.headers
        self._lines = answer.iter_lines()
        self.last_id = ""

    def next(self) -> dict[str, Any]:
        """Return the next event."""
        while True:
            name, _, value = next(self._lines).partition(": ")
            if name == "id":
                self.last_id = value
            if name == "data":
                told: dict[str, Any] = json.loads(value)
                return told

    def begin(self) -> None:
        """Read up to where the server says that it listens."""
        assert next(self._lines) == "retry: 2000"

    def rest(self) -> list[str]:
        """Return what arrives until the server ends the stream."""
        return list(self._lines)


@contextmanager
def listening(server: Server, last_id: str = "", **params: str) -> Iterator[Stream]:
    headers = {"X-API-Key": server.admin_key, **({"Last-Event-ID": last_id} if last_id else {})}
    url = f"{server.url}/api/v1/events/stream"
    with httpx2.stream("GET", url, headers=headers, params=params, timeout=10, trust_env=False) as answer:
        assert answer.status_code == 200
        stream = Stream(answer)
        stream.begin()
        yield stream


def test_an_event_is_told_at_once_as_it_is_listed(server: Server) -> None:
    agent_id = server.new_agent()
    with listening(server) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        server.report(agent_id, duration_ms=7, session_id="s")
        told = stream.next()
    assert [told] == server.api.get("events", params={"agent_id": agent_id}).json()


def test_a_stream_may_be_of_one_agent(server: Server) -> None:
    wanted, other = server.new_agent(), server.new_agent()
    with listening(server, agent_id=wanted) as stream:
        server.report(other)
        server.report(wanted, "first")
        server.report(other)
        server.report(wanted, "second")
        assert [stream.next()["tool_name"] for _ in range(2)] == ["first", "second"]


def test_a_stream_goes_on_where_it_was_cut(server: Server) -> None:
    agent_id = server.new_agent()
    with listening(server, agent_id=agent_id) as stream:
        server.report(agent_id, "seen")
        assert stream.next()["tool_name"] == "seen"
        last_id = stream.last_id
    server.api.post("events/batch", json={"events": [event(agent_id, f"missed_{n}") for n in range(20)]})
    with listening(server, last_id, agent_id=agent_id) as stream:
        assert [stream.next()["tool_name"] for _ in range(20)] == [f"missed_{n}" for n in range(20)]
        server.report(agent_id, "live")
        assert stream.next()["tool_name"] == "live"


def test_a_reader_who_missed_thousands_is_told_them_all_once(server: Server) -> None:
    agent_id = server.new_agent()
    with listening(server, agent_id=agent_id) as stream:
        server.report(agent_id)
        stream.next()
        last_id = stream.last_id
    expected: list[str] = []
    for _ in range(3):
        body = {"events": [event(agent_id)] * 700}
        expected += [result["event_id"] for result in server.api.post("events/batch", json=body).json()["results"]]
    with listening(server, last_id, agent_id=agent_id) as stream:
        assert [stream.next()["event_id"] for _ in expected] == expected
        server.report(agent_id, "live")
        assert stream.next()["tool_name"] == "live"


def test_a_duplicate_is_not_told_again(server: Server) -> None:
    agent_id = server.new_agent()
    event_id = f"019{uuid4().hex[3:8]}-{uuid4().hex[:4]}-7{uuid4().hex[:3]}-8{uuid4().hex[:3]}-{uuid4().hex[:12]}"
    with listening(server, agent_id=agent_id) as stream:
        server.report(agent_id, event_id=event_id)
        server.report(agent_id, event_id=event_id)
        server.report(agent_id, "next")
        assert [stream.next()["tool_name"] for _ in range(2)] == ["crm_search", "next"]


def test_the_streams_end_when_the_server_stops_and_no_key_is_in_its_log(postgres_dsn: str, folder: Path) -> None:
    with running(new_database(postgres_dsn), folder, settings={"LOG_LEVEL": "DEBUG"}) as server:
        agent_id = server.new_agent()
        keys = [server.new_key("readonly"), server.new_key("agent", agent_id), server.new_key("admin")]
        for key in keys:
            server.request("GET", f"/api/v1/agents/{agent_id}?key={key}", key)
            server.request("POST", "/api/v1/events", key, json=event(agent_id, session_id=key))
        with listening(server) as stream:
            assert server.stop() == 0
            assert stream.rest() in ([], [""])
        log = server.log.read_text()
    assert not [key for key in keys if key in log]
    assert log.count(server.admin_key) == 1, "shown at the first start, and never again"
