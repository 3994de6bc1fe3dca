"""`sentinel shim --policy --enforce`, from the command line to the event, over each transport."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from shim.support import API_KEY, PROGRAMS, SENTINEL, http_greeter, shim, wait_for_events

POLICY = """\
version: 1
rules:
  - id: no-greeting
    mode: enforce
    why: greetings are over
    when: {tool: greet, arguments: {who: {equals: secret}}}
"""
TINY = [sys.executable, str(PROGRAMS / "tiny.py")]
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def call(id_: int, name: str, tool: str = "greet") -> dict[str, Any]:
    params = {"name": tool, "arguments": {"who": name}}
    return {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": params}


def piped(messages: list[Any], sentinel: str, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": sentinel}
    environment["AGENTSENTINEL_SPOOL"] = str(folder / "spool")
    command = [SENTINEL, "shim", "--stdio", "--agent-name", "piped", *options, "--", *TINY]
    sent = b"".join(
        (json.dumps(message) if isinstance(message, dict) else message).encode() + b"\n" for message in messages
    )
    return subprocess.run(
        command, input=sent, capture_output=True, env=environment, timeout=PATIENCE_SECONDS, check=False
    )


def answers_of(done: subprocess.CompletedProcess[bytes]) -> dict[Any, Any]:
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def test_a_denied_call_over_stdio_never_reaches_the_server_and_is_one_event(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        done = piped(
            [INITIALIZE, call(1, "secret"), call(2, "world")], url, tmp_path, "--policy", str(policy), "--enforce"
        )
        events = {event["tool_call_id"]: event for event in wait_for_events(sentinel, 2)}
    answers = answers_of(done)
    assert answers[1]["result"]["isError"] is True
    assert "rule no-greeting: greetings are over" in answers[1]["result"]["content"][0]["text"]
    assert "isError" not in answers[2]["result"]
    refused, allowed = events["1"], events["2"]
    assert (refused["status"], refused["decision"], refused["policy_rule"]) == ("denied", "deny", "no-greeting")
    assert (allowed["status"], allowed["decision"], allowed["would_block"]) == ("ok", "allow", False)
    assert b"refused: tool=greet rule=no-greeting" in done.stderr


def test_without_enforce_the_call_passes_and_its_event_says_what_would_be(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        done = piped([INITIALIZE, call(1, "secret")], url, tmp_path, "--policy", str(policy))
        [event] = wait_for_events(sentinel, 1)
    assert "isError" not in answers_of(done)[1]["result"]
    assert (event["status"], event["decision"], event["would_block"]) == ("ok", "allow", True)
    assert event["policy_rule"] == "no-greeting"


def test_a_line_that_can_be_read_in_two_ways_is_refused_over_stdio(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    line = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ok","name":"greet"}}'
    with sentinel.serve() as url:
        done = piped([INITIALIZE, line, call(2, "world")], url, tmp_path, "--enforce")
        events = wait_for_events(sentinel, 2)
    assert answers_of(done)[1]["error"]["code"] == -32600
    assert sorted(event["status"] for event in events) == ["denied", "ok"]
    assert b"and was refused" in done.stderr


def test_a_server_that_cannot_be_reached_has_every_call_refused_with_its_reason(tmp_path: Path) -> None:
    done = piped([INITIALIZE, call(1, "world")], "http://127.0.0.1:9", tmp_path, "--enforce")
    answers = answers_of(done)
    assert answers[0]["result"]["serverInfo"]["name"] == "tiny"
    assert "rule builtin-snapshot-stale" in answers[1]["result"]["content"][0]["text"]


def test_a_policy_that_is_wrong_starts_nothing_and_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace("enforce", "block"))
    done = piped([INITIALIZE], "http://127.0.0.1:9", tmp_path, "--policy", str(path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the policy cannot be used:" in done.stderr
    assert f"{path}:4: mode must be one of".encode() in done.stderr


@contextmanager
def bridged(sentinel: str, tmp_path: Path, *options: str) -> Iterator[str]:
    command = ["--upstream-cmd", " ".join(TINY), *options]
    with shim(command, sentinel, tmp_path / "output") as (address, _):
        yield address


def asked(address: str, message: dict[str, Any], session: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.post(f"{address}/mcp", json=message, headers={**HEADERS, **(session or {})}, timeout=PATIENCE_SECONDS)


def begun(address: str) -> dict[str, str]:
    return {"mcp-session-id": asked(address, INITIALIZE).headers["mcp-session-id"]}


def test_a_denied_call_is_refused_over_the_bridge(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url, bridged(url, tmp_path, "--policy", str(policy), "--enforce") as address:
        session = begun(address)
        refused = asked(address, call(1, "secret"), session)
        assert (refused.status_code, refused.json()["result"]["isError"]) == (200, True)
        assert "hello" in asked(address, call(1, "world"), session).text
        assert sorted(event["status"] for event in wait_for_events(sentinel, 2)) == ["denied", "ok"]


def test_a_suspended_agent_is_refused_and_works_again_when_it_is_resumed(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url, bridged(url, tmp_path, "--enforce") as address:
        session = begun(address)
        assert "hello" in asked(address, call(1, "world"), session).text
        sentinel.suspended[sentinel.agents[0]["id"]] = "under investigation"
        refused = until(lambda: asked(address, call(2, "world"), session).text, "builtin-suspended")
        assert "under investigation" in refused
        sentinel.suspended.clear()
        until(lambda: asked(address, call(3, "world"), session).text, "hello")


def until(answer: Any, expected: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        text: str = answer()
        if expected in text:
            return text
        time.sleep(0.1)
    raise AssertionError(f"{expected} never came")


def test_a_policy_that_changes_holds_at_once_and_a_wrong_one_does_not_replace_it(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url, bridged(url, tmp_path, "--policy", str(policy), "--enforce") as address:
        session = begun(address)
        assert "hello" in asked(address, call(1, "world"), session).text
        policy.write_text(POLICY.replace("secret", "world"))
        until(lambda: asked(address, call(2, "world"), session).text, "greetings are over")
        policy.write_text(POLICY.replace("enforce", "block"))
        until((tmp_path / "output").read_text, "policy.yaml:4: mode must be one of")
        assert "greetings are over" in asked(address, call(3, "world"), session).text


def test_a_denied_call_is_refused_by_the_relay_in_both_eras(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    options = ["--policy", str(policy), "--enforce"]
    with (
        http_greeter() as direct,
        sentinel.serve() as url,
        shim(["--upstream-url", direct, *options], url, tmp_path / "output") as (address, _),
    ):
        session = begun(address)
        assert asked(address, call(1, "secret"), session).json()["result"]["isError"] is True
        assert "hello" in asked(address, call(2, "world"), session).text.lower()
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        message = call(3, "secret")
        message["params"]["_meta"] = meta
        modern = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "greet"}
        assert asked(address, message, modern).json()["result"]["resultType"] == "complete"
        differing = asked(address, message, {**modern, "mcp-name": "other"})
        assert (differing.status_code, differing.json()["error"]["code"]) == (400, -32020)
        assert httpx2.request("DELETE", f"{address}/mcp", headers={**session, "content-length": "0"}).status_code == 200
        statuses = [event["status"] for event in wait_for_events(sentinel, 4)]
        assert sorted(statuses) == ["denied", "denied", "denied", "ok"]


def test_a_refusal_of_the_bridge_reaches_a_client_of_the_legacy_transport(policy: Path, tmp_path: Path) -> None:
    with (
        FakeSentinel().serve() as url,
        bridged(url, tmp_path, "--policy", str(policy), "--enforce") as address,
        httpx2.stream("GET", f"{address}/sse", timeout=PATIENCE_SECONDS) as stream,
    ):
        assert refused_on(stream, address)


def test_a_refusal_of_the_relay_joins_the_stream_of_a_legacy_session(policy: Path, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    (tmp_path / "relay").mkdir()
    with (
        sentinel.serve() as url,
        bridged(url, tmp_path) as upstream,
        shim(
            ["--upstream-url", f"{upstream}/sse", "--policy", str(policy), "--enforce"], url, tmp_path / "relay" / "out"
        ) as (relay, _),
        httpx2.stream("GET", f"{relay}/sse", timeout=PATIENCE_SECONDS) as stream,
    ):
        assert refused_on(stream, relay)


def refused_on(stream: httpx2.Response, address: str) -> bool:
    """Post a denied call to the address that the stream names, and read the refusal from the stream."""
    lines = stream.iter_lines()
    endpoint = next(line for line in lines if line.startswith("data: "))[len("data: ") :]
    posting = threading.Thread(
        target=lambda: httpx2.post(f"{address}{endpoint}", json=call(1, "secret"), timeout=PATIENCE_SECONDS)
    )
    posting.start()
    answer = json.loads(next(line for line in lines if line.startswith("data: "))[len("data: ") :])
    posting.join()
    return bool(answer["result"]["isError"]) and answer["id"] == 1


def test_rules_about_arguments_leave_lists_as_they_are_and_refuse_only_the_calls_they_mean(
    policy: Path, tmp_path: Path
) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    with FakeSentinel().serve() as url:
        asked = [INITIALIZE, listing, call(2, "secret"), call(3, "world"), {**listing, "id": 4}]
        answers = answers_of(piped(asked, url, tmp_path, "--policy", str(policy), "--enforce"))
    plain = subprocess.run(
        TINY, input=json.dumps(listing).encode() + b"\n", capture_output=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert answers[1] == json.loads(plain.stdout)
    assert answers[4]["result"] == answers[1]["result"]
    assert answers[2]["result"]["isError"] is True
    assert "isError" not in answers[3]["result"]
