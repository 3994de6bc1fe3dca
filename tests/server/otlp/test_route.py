"""POST /v1/traces: who may, whose spans they are, and what becomes of requests that are wrong."""

import gzip
import json
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agentsentinel.otlp.bounds import MAX_BYTES
from agentsentinel.otlp.route import RPC_CODES
from patience import PATIENCE_SECONDS
from server.otlp.support import (
    JSON,
    PROTOBUF,
    TRACES,
    as_protobuf,
    events_of,
    execute_tool,
    json_attributes,
    json_request,
    json_span,
    json_value,
    rejected,
    send,
)
from server.support import INTERNALS, Server, assert_refused, query


def assert_failed(answer: httpx2.Response, status: int) -> str:
    """Check that a request failed as OTLP defines it and return the message.

    The body is a `google.rpc.Status` in the request's encoding.
    """
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    assert len(answer.content) < 4096
    assert not [word for word in INTERNALS if word in answer.text]
    if answer.headers["content-type"] == JSON:
        told = answer.json()
        assert told["code"] == RPC_CODES[status]
        return str(told["message"])
    assert answer.headers["content-type"] == PROTOBUF
    code, rest = answer.content[1], answer.content[2:]
    assert (answer.content[:1], code, rest[:1]) == (b"\x08", RPC_CODES[status], b"\x12")
    size, text = (rest[1], rest[2:]) if rest[1] < 0x80 else (rest[1] & 0x7F | rest[2] << 7, rest[3:])
    assert size == len(text)
    return text.decode()


@pytest.mark.parametrize("media_type", [JSON, PROTOBUF])
def test_nobody_without_a_live_key_is_let_in(server: Server, agent: str, media_type: str) -> None:
    admin = server.admin_key
    revoked = server.new_key("agent", agent)
    key_id = server.request("GET", "/api/v1/keys/self", revoked).json()["id"]
    server.api.delete(f"keys/{key_id}")
    wrong: list[list[tuple[str, str | bytes]]] = [
        [],
        [("X-API-Key", "")],
        [("X-API-Key", "let me in")],
        [("X-API-Key", admin[:-1])],
        [("X-API-Key", admin.upper())],
        [("X-API-Key", b"\xff\xfe")],
        [("X-API-Key", revoked)],
        [("X-API-Key", admin), ("X-API-Key", admin)],
        [("X-API-Key", "wrong"), ("Authorization", f"Bearer {admin}")],
        [("Authorization", admin)],
        [("Authorization", f"Basic {admin}")],
        [("Authorization", "Bearer")],
        [("Authorization", f"Bearer {revoked}")],
        [("Authorization", f"Bearer {admin}"), ("Authorization", f"Bearer {admin}")],
        [("Cookie", f"X-API-Key={admin}")],
    ]
    body = json.dumps(json_request(json_span())).encode() if media_type == JSON else as_protobuf(execute_tool())
    messages = set()
    for headers in wrong:
        named = [("Content-Type", media_type), *headers]
        answer = httpx2.post(server.url + TRACES, content=body, headers=named, trust_env=False)  # type: ignore[arg-type]
        messages.add(assert_failed(answer, 401))
        assert answer.headers["www-authenticate"].startswith("ApiKey")
    assert messages == {
        "A valid API key is required in the X-API-Key header",
        "Wrong, expired or revoked key",
        "Send one X-API-Key header, not two",
        "Send one Authorization header, not two",
    }


def test_a_key_that_only_reads_may_not_report(server: Server) -> None:
    assert_failed(send(server, server.new_key("readonly"), json_request(json_span())), 403)


def test_a_browser_that_is_signed_in_is_no_exporter(server: Server) -> None:
    with server.sign_in(server.admin_key) as browser:
        answer = browser.post(server.url + TRACES, json=json_request(json_span()))
    assert_failed(answer, 401)


def test_the_key_is_checked_before_the_scope_and_the_scope_before_the_body(server: Server) -> None:
    readonly = server.new_key("readonly")
    for body, media_type in ((b'{"resourceSpans": [', JSON), (b"\xff", PROTOBUF)):
        assert_failed(send(server, None, body, media_type), 401)
        assert_failed(send(server, readonly, body, media_type), 403)
        assert_failed(send(server, server.admin_key, body, media_type), 400)
    assert_refused(send(server, None, b"\xff", "text/plain"), 401)
    assert_refused(send(server, server.admin_key, b"\xff", "text/plain"), 415)


def test_a_key_whose_agent_has_gone_stores_nothing_and_is_told_why(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    server.api.delete(f"agents/{agent_id}")
    spans, why = rejected(send(server, key, json_request(json_span())))
    assert spans == 1
    assert "does not exist any more" in why


# --- what is stored -------------------------------------------------------------------------------------------------


def test_spans_that_are_no_tool_calls_are_taken_in_and_ignored(server: Server) -> None:
    agent_id = server.new_agent()
    chat = json_span(name="chat", attributes=json_attributes({"gen_ai.operation.name": "chat"}))
    broken = json_span(name="GET /", attributes=[], traceId="nonsense", startTimeUnixNano="soon")
    answer = send(server, server.new_key("agent", agent_id), json_request(chat, broken))
    assert (rejected(answer), answer.json()) == ((0, ""), {})
    assert events_of(server, agent_id) == []


def test_good_spans_are_stored_and_bad_ones_beside_them_rejected_with_a_reason(server: Server) -> None:
    agent_id = server.new_agent()
    bad: dict[str, dict[str, Any]] = {
        "base64 id": {"traceId": "W47/95gDgQPSabYzgT/GDA=="},
        "base64 that is hex by chance": {"traceId": "abcdefabcdefabcdefabcd=="},
        "short trace id": {"traceId": "ab" * 8},
        "24 bytes, as a generic JSON reader makes of it": {"traceId": "ab" * 24},
        "long span id": {"spanId": "ab" * 16},
        "zero trace id": {"traceId": "0" * 32},
        "zero span id": {"spanId": "0" * 16},
        "no ids": {"traceId": "", "spanId": None},
        "full-width digits": {"traceId": "１" * 32},
        "NaN time": {"startTimeUnixNano": "NaN"},
        "negative time": {"startTimeUnixNano": -1},
        "time beyond 64 bits": {"startTimeUnixNano": str(2**64)},
        "5,000 digits": {"startTimeUnixNano": "9" * 5000},
        "no start": {"startTimeUnixNano": 0},
        "far ahead": {"startTimeUnixNano": str(2**64 - 1), "endTimeUnixNano": str(2**64 - 1)},
        "long ago": {"startTimeUnixNano": "1000000000000000000"},
        "negative end": {"endTimeUnixNano": "-5"},
        "nameless": {"name": " ", "attributes": json_attributes({"gen_ai.operation.name": "execute_tool"})},
    }
    spans = [json_span(f"bad_{number}", **members) for number, members in enumerate(bad.values())]
    body = json_request(json_span("good"), *spans, json_span("good"))
    count, why = rejected(send(server, server.new_key("agent", agent_id), body))
    assert count == len(bad)
    assert "hex digits" in why
    assert [event["tool_name"] for event in events_of(server, agent_id)] == ["good", "good"]


def test_a_call_without_an_end_has_no_duration_and_a_long_one_the_longest(server: Server) -> None:
    agent_id = server.new_agent()
    start = int(json_span()["startTimeUnixNano"])
    ends = {"unset": 0, "before": start - 1, "at once": start, "a month": start + 30 * 86_400 * 10**9}
    spans = [
        json_span(name, startTimeUnixNano=start + number * 1000, endTimeUnixNano=end and end + number * 1000)
        for number, (name, end) in enumerate(ends.items())
    ]
    assert rejected(send(server, server.new_key("agent", agent_id), json_request(*spans))) == (0, "")
    found = {event["tool_name"]: event["duration_ms"] for event in events_of(server, agent_id)}
    assert found == {"unset": None, "before": None, "at once": 0, "a month": 604_800_000}


def test_what_a_span_holds_is_neither_stored_nor_logged_nor_answered(server: Server) -> None:
    agent_id, marker = server.new_agent(), f"marker{uuid4().hex}"
    attributes = execute_tool(
        "bash",
        gen_ai__tool__call__arguments=json.dumps({"command": f"{marker} {marker}"}),
        gen_ai__tool__call__result=marker,
        gen_ai__tool__description=marker,
        whatever=marker,
    )
    events = [{"name": "exception", "attributes": json_attributes({"exception.message": marker})}]
    status = {"code": 2, "message": marker}
    good = json_span(attributes=json_attributes(attributes), events=events, status=status)
    answer = send(server, server.new_key("agent", agent_id), json_request(good, {**good, "traceId": marker}))
    assert rejected(answer)[0] == 1
    assert marker not in answer.text
    stored = "SELECT operation, agent_events::text AS all FROM agent_events WHERE agent_id = $1"
    (row,) = query(server.dsn, stored, agent_id)
    assert row["operation"] == "other"
    assert marker not in row["all"]
    assert marker not in server.log.read_text()


def test_names_that_no_event_could_have_are_fitted(server: Server) -> None:
    agent_id = server.new_agent()
    attributes = execute_tool("x\0" + "y" * 100_000, gen_ai__tool__call__id="z" * 100_000, session__id="\0s" * 1000)
    body = json_request(json_span(attributes=json_attributes(attributes)))
    assert rejected(send(server, server.new_key("agent", agent_id), body)) == (0, "")
    (event,) = events_of(server, agent_id)
    assert event["tool_name"] == "x\ufffd" + "y" * 253
    assert event["tool_call_id"] == "z" * 255
    assert len(event["session_id"]) == 255


def test_ten_thousand_spans_in_one_request_are_all_stored(server: Server) -> None:
    agent_id = server.new_agent()
    request = ExportTraceServiceRequest.FromString(as_protobuf(execute_tool()))
    spans = request.resource_spans[0].scope_spans[0].spans
    for number in range(1, 10_000):
        span = spans.add()
        span.CopyFrom(spans[0])
        span.span_id = number.to_bytes(8, "big")
    body = gzip.compress(request.SerializeToString())
    key = server.new_key("agent", agent_id)
    answer = send(server, key, body, PROTOBUF, Content_Encoding="gzip")
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = query(server.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = $1", agent_id)
    assert row["n"] == 10_000
    assert send(server, key, body, PROTOBUF, Content_Encoding="gzip").content == b""
    (row,) = query(server.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = $1", agent_id)
    assert row["n"] == 10_000


def test_partial_success_is_told_in_protobuf_too(server: Server) -> None:
    body = as_protobuf(execute_tool(), {"name": "chat"}, service_name=f"stranger {uuid4().hex}")
    answer = send(server, server.admin_key, body, PROTOBUF)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert told.rejected_spans == 1
    assert "register" in told.error_message


def test_every_span_is_counted_once_as_stored_repeated_or_refused(server: Server) -> None:
    def counts() -> dict[str, float]:
        lines = server.request("GET", "/metrics").text.splitlines()
        values = [line.rpartition(" ") for line in lines if line.startswith("agentsentinel_events_")]
        return {name: float(value) for name, _, value in values}

    def total(found: dict[str, float], word: str) -> float:
        return sum(value for name, value in found.items() if f"_{word}_total" in name)

    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    before = counts()
    body = json_request(json_span(), json_span(), json_span(traceId="wrong"), json_span(name="chat", attributes=[]))
    send(server, key, body)
    send(server, key, body)
    after = counts()
    gained = {
        word: total(after, word) - total(before, word) for word in ("received", "stored", "duplicate", "rejected")
    }
    assert gained == {"received": 6, "stored": 2, "duplicate": 2, "rejected": 2}


# --- requests that are wrong as a whole -----------------------------------------------------------------------------

DEEP_VALUE: Any = {"stringValue": "x"}

BAD_JSON = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "cut": json.dumps(json_request(json_span())).encode()[:-20],
    "trailing": b"{} {}",
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"resourceSpans": []}'.encode("utf-16"),
    "NaN": b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": NaN}]}]}]}',
    "wrong kind": b'{"resourceSpans": {}}',
    "100,000 levels": b'{"resourceSpans":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}

BAD_PROTOBUF = {
    "text": b"hello",
    "0xff": b"\xff" * 100,
    "cut": as_protobuf(execute_tool())[:-5],
    "length beyond the end": b"\x0a\xff\xff\xff\xff\x07",
    "group without end": b"\x0b" * 1000,
    "endless varint": b"\x08" + b"\xff" * 50,
    "JSON": b'{"resourceSpans": []}',
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_what_is_no_request_in_json_is_refused(server: Server, name: str) -> None:
    assert "JSON" in assert_failed(send(server, server.admin_key, BAD_JSON[name]), 400)
    assert server.is_healthy()


@pytest.mark.parametrize("name", BAD_PROTOBUF)
def test_what_is_no_request_in_protobuf_is_refused(server: Server, name: str) -> None:
    assert "protobuf" in assert_failed(send(server, server.admin_key, BAD_PROTOBUF[name], PROTOBUF), 400)
    assert server.is_healthy()


def test_deep_and_wide_values_of_a_tool_span_do_no_harm(server: Server) -> None:
    agent_id = server.new_agent()
    name = {"key": "gen_ai.operation.name", "value": json_value("execute_tool")}
    tool = {"key": "gen_ai.tool.name", "value": json_value("search")}

    def span(value: Any) -> dict[str, Any]:
        return json_span(attributes=[name, tool, {"key": "gen_ai.tool.call.arguments", "value": value}])

    values = [
        DEEP_VALUE,
        json_value("[" * 100_000),
        json_value("x" * 1_000_000),
        json_value([0] * 50_000),
        {"doubleValue": "NaN"},
        {"doubleValue": "what"},
        {"intValue": "9" * 5000},
        {"bytesValue": "!!"},
        {"bytesValue": "aGVsbG8="},
        {},
        None,
    ]
    body = json_request(*(span(value) for value in values))
    assert rejected(send(server, server.new_key("agent", agent_id), body)) == (0, "")
    assert len(events_of(server, agent_id)) == len(values)


@pytest.mark.parametrize("media_type", [JSON, PROTOBUF])
def test_a_gzip_bomb_is_refused_while_it_is_inflated(server: Server, media_type: str) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), 9)
    assert len(bomb) < 1 << 17
    assert_failed(send(server, server.admin_key, bomb, media_type, Content_Encoding="gzip"), 413)
    many = gzip.compress(b" " * 1000) * 10_000
    assert_failed(send(server, server.admin_key, many, media_type, Content_Encoding="gzip"), 413)
    assert server.is_healthy()


def test_a_damaged_gzip_is_refused(server: Server) -> None:
    whole = gzip.compress(as_protobuf(execute_tool()))
    damaged = whole[:20] + bytes([whole[20] ^ 0xFF]) + whole[21:]
    for body in (whole[:-9], whole[:5], b"not gzip", damaged, zlib.compress(b"x"), whole + b"rest"):
        assert_failed(send(server, server.admin_key, body, PROTOBUF, Content_Encoding="gzip"), 400)
    assert_refused_encoding = send(server, server.admin_key, whole, PROTOBUF, Content_Encoding="br")
    assert_failed(assert_refused_encoding, 415)


def test_gzip_in_several_members_is_read_as_one(server: Server) -> None:
    agent_id = server.new_agent()
    body = as_protobuf(execute_tool())
    parts = gzip.compress(body[:30]) + gzip.compress(body[30:])
    answer = send(server, server.new_key("agent", agent_id), parts, PROTOBUF, Content_Encoding="gzip")
    assert (answer.status_code, len(events_of(server, agent_id))) == (200, 1)


def test_bodies_over_the_limit_are_refused_whether_announced_or_not(server: Server) -> None:
    head = f"POST {TRACES} HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.admin_key}\r\nContent-Type: {JSON}\r\n"
    with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"{head}Content-Length: {MAX_BYTES + 1}\r\n\r\n".encode())
        assert connection.recv(65536).split(b" ")[1] == b"413"
    chunk = b"%x\r\n%b\r\n" % (1 << 20, b" " * (1 << 20))
    with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(10):
            connection.sendall(chunk)
        assert connection.recv(65536).split(b" ")[1] == b"413"


def test_when_too_much_is_being_read_exporters_are_asked_to_come_back(server: Server) -> None:
    head = (
        f"POST {TRACES} HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.admin_key}\r\nContent-Type: {PROTOBUF}\r\n"
        f"Content-Length: {MAX_BYTES}\r\n\r\n"
    ).encode()
    held = [socket.create_connection(server.address, timeout=PATIENCE_SECONDS) for _ in range(9)]
    try:
        for connection in held:
            connection.sendall(head + b"\x0a")
        time.sleep(0.5)
        answer = send(server, server.admin_key, json_request(json_span()))
        assert_failed(answer, 429)
        assert answer.headers["retry-after"] == "1"
    finally:
        for connection in held:
            connection.close()
    for _ in range(50):
        if send(server, server.admin_key, b"", PROTOBUF).status_code == 200:
            break
    else:
        pytest.fail("the room is not given back")


def test_an_empty_request_is_right(server: Server) -> None:
    assert send(server, server.admin_key, b"", PROTOBUF).content == b""
    assert send(server, server.admin_key, b"{}").json() == {}
    nulls = {"resourceSpans": [{"resource": None, "scopeSpans": [{"spans": None}, {"spans": [{"name": None}]}]}]}
    assert send(server, server.admin_key, nulls).json() == {}


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs", "/v1/traces/", "/V1/traces"])
def test_other_signals_have_no_address_here(server: Server, path: str) -> None:
    answer = server.request("POST", path, server.admin_key, content=b"", headers={"Content-Type": PROTOBUF})
    assert_refused(answer, 404)


def test_many_exporters_at_once_lose_nothing(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    bodies = [json_request(*(json_span(f"tool_{worker}") for _ in range(20))) for worker in range(8)]

    def export(body: dict[str, Any]) -> list[int]:
        content, headers = json.dumps(body), {"X-API-Key": key, "Content-Type": JSON}
        with httpx2.Client(trust_env=False, timeout=20) as client:
            return [client.post(server.url + TRACES, content=content, headers=headers).status_code for _ in range(2)]

    with ThreadPoolExecutor(8) as pool:
        assert {status for statuses in pool.map(export, bodies) for status in statuses} == {200}
    (row,) = query(server.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = $1", agent_id)
    assert row["n"] == 160
