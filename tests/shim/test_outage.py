"""AgentSentinel goes away and comes back: no answer is missing meanwhile, and no event afterwards."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from forms import IS_LONG
from patience import PATIENCE_SECONDS
from server.support import Home, new_database, query
from shim.support import http_greeter, shim

CALLS = 1_000 if IS_LONG else 200
STORED = "SELECT count(*) AS events, count(DISTINCT tool_call_id) AS calls FROM agent_events"


@pytest.fixture
def home(postgres_dsn: str, tmp_path: Path) -> Iterator[Home]:
    """Run a real server that can go."""
    place = Home(new_database(postgres_dsn), tmp_path)
    yield place
    place.go()


def greet(number: int) -> dict[str, Any]:
    """Return the request of one call, as clients since 2026-07-28 make it."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "greet", "arguments": {"who": f"caller {number}"}, "_meta": meta}
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "greet",
    }
    return {"json": {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}, "headers": headers}


def test_each_call_is_answered_and_reported_once_while_our_server_is_killed(home: Home, tmp_path: Path) -> None:
    with (
        http_greeter() as direct,
        shim(["--upstream-url", direct], home.server.url, tmp_path / "output", home.server.admin_key) as (address, _),
        httpx2.Client(timeout=PATIENCE_SECONDS) as client,
    ):
        for number in range(CALLS):
            if number == CALLS // 4:
                home.die()
            if number == CALLS // 2:
                home.come_back()
            answer = client.post(f"{address}/mcp", **greet(number))
            assert f"hello caller {number}" in answer.text
        deadline = time.monotonic() + PATIENCE_SECONDS
        while stored(home)["events"] < CALLS and time.monotonic() < deadline:
            time.sleep(0.1)
    assert stored(home) == {"events": CALLS, "calls": CALLS}


def stored(home: Home) -> dict[str, int]:
    [counts] = query(home.server.dsn, STORED)
    return dict(counts)
