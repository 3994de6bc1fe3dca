"""No client can exhaust the server: attacks are refused, its memory stays small, and other clients are served."""

import gzip
import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from agentsentinel.openapi import as_text
from patience import PATIENCE_SECONDS
from server.otlp.support import JSON, PROTOBUF, json_attributes, json_request, json_span, send
from server.support import Server, connected, converse, event, new_database, query, running

MIB = 1024 * 1024
MOST_MIB = 400
"""The whole process, at its largest, whatever is sent."""
OPENAPI = json.loads(as_text())


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for the attacks alone, so that its memory use is due to them."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("attacked")) as process:
        yield process


@pytest.fixture(autouse=True)
def _stays_small_and_well(server: Server) -> Iterator[None]:
    yield
    assert peak_mib(server) < MOST_MIB
    assert server.is_healthy()


def memory_mib(server: Server, name: str) -> float:
    """Read a figure of /proc/PID/status: VmHWM is the peak, VmRSS the memory that is resident now."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def peak_mib(server: Server) -> float:
    """Return the server's peak memory."""
    return memory_mib(server, "VmHWM")


# --- bodies ---------------------------------------------------------------------------------------------------------

WITH_BODY = [
    (method.upper(), path, operation)
    for path, operations in OPENAPI["paths"].items()
    for method, operation in operations.items()
    if "requestBody" in operation
]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY, ids=lambda value: str(value)[:60])
def test_every_route_refuses_a_byte_more_than_it_documents(
    server: Server, method: str, path: str, operation: dict[str, Any]
) -> None:
    documented = re.search(r"over (\d+) ([MK])iB", operation["responses"]["413"]["description"])
    assert documented is not None
    limit = int(documented[1]) * {"M": MIB, "K": 1024}[documented[2]]
    filled = re.sub(r"\{\w+\}", str(uuid4()), path)
    head = (
        f"{method} {filled} HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.admin_key}\r\nContent-Type: {JSON}\r\n"
        "X-AgentSentinel-Dashboard: 1\r\nSec-Fetch-Site: same-origin\r\n"
    )
    with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"{head}Content-Length: {limit + 1}\r\n\r\n".encode())
        assert connection.recv(65536).split(b" ")[1] == b"413"  # without a byte of the body
    body = b" " * (limit + 1)
    chunks = b"%x\r\n%b\r\n" % (len(body), body)
    answer = converse(server.address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), chunks, quiet_seconds=0.5)
    assert answer == b"" or answer.split(b" ")[1] == b"413"


@pytest.mark.parametrize("path", ["/api/v1/session", "/api/v1/events", "/health", "/nowhere", "/api/v1/keys"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_bodies_of_100_mib_without_a_key_are_not_taken_in(server: Server, path: str, is_chunked: bool) -> None:
    before = memory_mib(server, "VmRSS")
    piece = b" " * MIB
    sized = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {100 * MIB}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{sized}\r\n\r\n".encode()
    parts = [b"100000\r\n" + piece + b"\r\n" if is_chunked else piece] * 100
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: converse(server.address, head, *parts, quiet_seconds=0.3), range(8)))
    assert all(answer == b"" or answer.split(b" ")[1] in {b"401", b"404", b"405", b"413"} for answer in answers)
    assert memory_mib(server, "VmRSS") - before < 30


# --- spans ----------------------------------------------------------------------------------------------------------


def field(number: int, content: bytes) -> bytes:
    """Encode a length-delimited field of protobuf."""
    size, length = bytearray(), len(content)
    while length > 0x7F:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2, *size, length]) + content


def protobuf_request(span: bytes) -> bytes:
    return field(1, field(2, span))


IS_TOOL = field(9, field(1, b"gen_ai.operation.name") + field(2, field(1, b"execute_tool")))
ARGUMENTS = field(1, b"gen_ai.tool.call.arguments")
EMPTY = b"\x12\x00"
MANY = 4_000_000

BOMBS: dict[str, Callable[[], tuple[bytes, str]]] = {
    "4 million empty spans": lambda: (protobuf_request(EMPTY * MANY), PROTOBUF),
    "empty attributes": lambda: (protobuf_request(field(2, IS_TOOL + b"\x4a\x00" * MANY)), PROTOBUF),
    "empty events": lambda: (protobuf_request(field(2, IS_TOOL + b"\x5a\x00" * MANY)), PROTOBUF),
    "empty links": lambda: (protobuf_request(field(2, IS_TOOL + b"\x6a\x00" * MANY)), PROTOBUF),
    "empty resources": lambda: (b"\x0a\x00" * MANY, PROTOBUF),
    "empty values": lambda: (
        protobuf_request(field(2, IS_TOOL + field(9, ARGUMENTS + field(2, field(5, b"\x0a\x00" * (MANY - 100)))))),
        PROTOBUF,
    ),
    "empty spans in JSON": lambda: (
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 2_700_000 + b"{}]}]}]}",
        JSON,
    ),
    "empty attributes in JSON": lambda: (
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[' + b"{}," * 2_700_000 + b"{}]}]}]}]}",
        JSON,
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_request_cannot_become_millions_of_objects(server: Server, name: str) -> None:
    body, media_type = BOMBS[name]()
    bomb = gzip.compress(body, 9)
    assert len(body) <= 8 * MIB
    assert len(bomb) < 16 * 1024
    key = server.new_key("agent", server.new_agent())
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: send(server, key, bomb, media_type, Content_Encoding="gzip").status_code, range(4))
        )
    assert set(answers) <= {413, 429}
    assert 413 in answers


def test_a_tools_arguments_with_millions_of_values_are_a_text_like_any_other(server: Server) -> None:
    arguments = "[" + "[]," * 2_600_000 + "[]]"
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": arguments}
    body = gzip.compress(json.dumps(json_request(json_span(attributes=json_attributes(attributes)))).encode())
    key = server.new_key("agent", server.new_agent())
    assert send(server, key, body, Content_Encoding="gzip").json() == {}


def test_values_nested_deeper_than_is_decoded_still_have_digests_of_their_own(server: Server) -> None:
    agent_id = server.new_agent()

    def nested(innermost: str) -> dict[str, Any]:
        value: dict[str, Any] = {"stringValue": innermost}
        for _ in range(90):
            value = {"arrayValue": {"values": [value]}}
        deep = {"key": "gen_ai.tool.call.arguments", "value": value}
        return json_span(attributes=[*json_attributes({"gen_ai.operation.name": "execute_tool"}), deep])

    body = json_request(nested("to Ada"), nested("to Bob"))
    assert send(server, server.new_key("agent", agent_id), body).json() == {}
    stored = query_digests(server, agent_id)
    assert len(stored) == len(set(stored)) == 2


def query_digests(server: Server, agent_id: str) -> list[bytes]:
    rows = query(server.dsn, "SELECT input_hash FROM agent_events WHERE agent_id = $1", agent_id)
    return [row["input_hash"] for row in rows]


@pytest.mark.parametrize("deep", [b"[" * 5_000_000, b'{"resourceSpans":' * 400_000, b'{"a":' * 1_000_000])
def test_json_nested_without_end_is_refused(server: Server, deep: bytes) -> None:
    body = gzip.compress(deep)
    answer = send(server, server.admin_key, body, Content_Encoding="gzip")
    assert answer.status_code in {400, 413}


# --- request heads --------------------------------------------------------------------------------------------------


def test_heads_of_requests_without_a_live_key_are_not_kept(server: Server) -> None:
    before = memory_mib(server, "VmRSS")
    body = b"{}"
    with connected(server) as wire:
        for number in range(4_000):
            filler = f"{number:08d}" + "x" * 30_000
            head = (
                f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: as_agt_wrong\r\nX-Filler: {filler}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            wire.send(head.encode() + body, pause=0)
            assert wire.answer()[0] in {401, 429}
    assert memory_mib(server, "VmRSS") - before < 30


# --- floods ---------------------------------------------------------------------------------------------------------


def test_beside_a_flood_of_batches_another_agents_single_reports_are_all_accepted(server: Server) -> None:
    """Figures of time: `python -m bench.fairness`."""
    loud, quiet = server.new_agent(), server.new_agent()
    batch = json.dumps({"events": [event(loud)] * 1_000}).encode()
    headers = {"Content-Type": JSON, "X-API-Key": server.new_key("agent", loud)}
    limits = httpx2.Limits(max_connections=40)
    single, quiet_key = event(quiet), server.new_key("agent", quiet)
    statuses = []
    with (
        httpx2.Client(base_url=server.url, headers=headers, limits=limits, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(40) as pool,
    ):
        flooding = [pool.submit(client.post, "/api/v1/events/batch", content=batch) for _ in range(120)]
        while not all(future.done() for future in flooding):
            statuses.append(server.request("POST", "/api/v1/events", quiet_key, json=single).status_code)
    answers = [future.result() for future in flooding]
    accepted = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert set(statuses) == {201}
    assert accepted
    assert {answer.status_code for answer in refused} <= {429}
    assert all(1 <= int(answer.headers["retry-after"]) <= 10 for answer in refused)
    assert_stored(server, loud, 1_000 * len(accepted))
    assert_stored(server, quiet, len(statuses))


def assert_stored(server: Server, agent_id: str, events: int) -> None:
    """Nothing that was accepted is missing, nothing that was refused is stored."""
    rows = query(server.dsn, "SELECT count(*) AS events FROM agent_events WHERE agent_id = $1", agent_id)
    assert rows[0]["events"] == events


# --- tool names -----------------------------------------------------------------------------------------------------

LIMIT = 2_000


def test_ten_thousand_tool_names_count_as_the_limit_and_one_more(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    for first in range(0, 10_000, 1_000):
        events = [event(agent_id, f"tool_{number}") for number in range(first, first + 1_000)]
        answer = server.request("POST", "/api/v1/events/batch", key, json={"events": events})
        assert {result["status"] for result in answer.json()["results"]} == {201}
    assert_stored(server, agent_id, 10_000)
    server.wait_for_score(agent_id, events=10_000, seconds=60)
    usage = query(
        server.dsn,
        "SELECT tool_name, total_calls FROM tool_usage WHERE agent_id = $1 ORDER BY total_calls DESC",
        agent_id,
    )
    assert len(usage) == LIMIT + 1
    assert (usage[0]["tool_name"], usage[0]["total_calls"]) == ("(other tools)", 10_000 - LIMIT)
    findings = server.api.get(f"agents/{agent_id}/findings").json()
    assert "TOOL_NAME_FLOOD" in {finding["rule_id"] for finding in findings}
    for path in ("activity", "baselines"):
        assert server.api.get(f"agents/{agent_id}/{path}").status_code == 200
    names = {one["tool_name"] for one in server.api.get("events", params={"agent_id": agent_id, "limit": 200}).json()}
    assert "tool_9999" in names


def test_the_limit_of_tool_names_holds_over_a_restart(postgres_dsn: str, tmp_path: Path) -> None:
    dsn, settings = new_database(postgres_dsn), {"MAX_TOOLS_PER_AGENT": "10"}
    with running(dsn, tmp_path, settings=settings) as first:
        agent_id, key = first.new_agent(), first.admin_key
        for number in range(8):
            first.report(agent_id, f"tool_{number}")
    with running(dsn, tmp_path, settings=settings) as second:
        second.admin_key = key
        for number in (8, 0, 9, 10, 11, 3, 12):
            second.report(agent_id, f"tool_{number}")
        second.wait_for_score(agent_id, events=15)
        usage = query(dsn, "SELECT tool_name, total_calls FROM tool_usage WHERE agent_id = $1", agent_id)
    counts = {row["tool_name"]: row["total_calls"] for row in usage}
    assert counts == {f"tool_{number}": 1 + (number in {0, 3}) for number in range(10)} | {"(other tools)": 3}
