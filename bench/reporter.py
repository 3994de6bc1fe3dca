"""`python -m bench.reporter`: what reporting costs the agent's own thread, whatever the server does.

Each line is a program of its own that makes 10,000 calls of a tool that does nothing, and measures how long the start
and the end of each call are held up by the reporter. Beside it stands a handler that posts each event and waits, as
the earlier public version did. The server is a program of its own too, so that it does not take the agent's time but
that of the other core. Then the same agent with a tool that takes a millisecond, with and without the reporter.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

import httpx2

from agentsentinel_sdk import Reporter, ToolCallEvent, hash_payload

CALLS = 10_000
WAITING_CALLS = 1_000
"""For the handler that waits: it is slow enough."""
WORKING_CALLS = 2_000
TOOL_SECONDS = 0.001
KEY = "as_adm_" + "0" * 64
AGENT = "01a204ce-1d5c-7c83-b0b4-a64d8106495c"
INPUTS = {"query": "Acme", "limit": 5}
OUTPUT = "3 rows about Acme"
LIMIT_US = 100

SERVERS = ("up", "down", "hanging", "401", "429", "500", "garbage")


# --- the server -----------------------------------------------------------------------------------------------------


async def _serve(kind: str) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
                )
                body = await reader.readexactly(length)
                if kind == "hanging":
                    await asyncio.sleep(3600)
                status, answer = (200, _answer(head, body)) if kind == "up" else _refusal(kind)
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _answer(head: bytes, body: bytes) -> bytes:
    if b"/keys/self" in head:
        key = {"id": "k", "name": "k", "scope": "agent", "key_prefix": "as_agt_00000", "agent_id": AGENT}
        return json.dumps(key).encode()
    stored = {
        "status": 201,
        "anomaly_score": 0.0,
        "reasons": [],
        "timestamp": "2026-11-22T19:49:06Z",
        "duplicate": False,
    }
    report = json.loads(body)
    if b"/events/batch" not in head:
        return json.dumps({**stored, "event_id": report["event_id"]}).encode()
    return json.dumps({"results": [{**stored, "event_id": event["event_id"]} for event in report["events"]]}).encode()


def _refusal(kind: str) -> tuple[int, bytes]:
    return (200, b"<html>It works!</html>") if kind == "garbage" else (int(kind), b"{}")


@contextmanager
def _server(kind: str) -> Iterator[str]:
    if kind == "down":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{probe.getsockname()[1]}"  # bound and not listening
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.reporter", "serve", kind], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


# --- the agent ------------------------------------------------------------------------------------------------------


def _percentiles(calls: int, begin: Callable[[int], object], end: Callable[[int], object]) -> dict[str, float]:
    held_up: list[float] = []
    for number in range(calls):
        started = time.perf_counter()
        begin(number)
        between = time.perf_counter()
        # the tool that does nothing
        resumed = time.perf_counter()
        end(number)
        held_up.append((between - started + time.perf_counter() - resumed) * 1e6)
    cuts = quantiles(held_up, n=100)
    return {"p50": cuts[49], "p99": cuts[98], "max": max(held_up)}


def _reported(url: str) -> dict[str, float]:
    reporter = Reporter(KEY, url)
    calls = reporter.recorder()
    for number in range(100):  # the first ones import and compile
        calls.start(number, "search_crm", INPUTS)
        calls.end(number, OUTPUT)
    time.sleep(0.5)
    result = _percentiles(CALLS, lambda n: calls.start(n, "search_crm", INPUTS), lambda n: calls.end(n, OUTPUT))
    reporter.close()
    return result


def _waiting(url: str) -> dict[str, float]:
    http = httpx2.Client(base_url=url, headers={"X-API-Key": KEY}, trust_env=False)

    def post(_: int) -> None:
        event = ToolCallEvent(AGENT, "search_crm", hash_payload(INPUTS), hash_payload(OUTPUT), duration_ms=0)
        http.post("/api/v1/events", json=event.to_wire())

    post(0)
    return _percentiles(WAITING_CALLS, lambda _: None, post)


def _working(url: str) -> dict[str, float]:
    reporter = Reporter(KEY, url)
    calls = reporter.recorder()

    def run(*, watched: bool) -> float:
        started = time.perf_counter()
        for number in range(WORKING_CALLS):
            if watched:
                calls.start(number, "search_crm", INPUTS)
            until = time.perf_counter() + TOOL_SECONDS
            while time.perf_counter() < until:
                pass
            if watched:
                calls.end(number, OUTPUT)
        return WORKING_CALLS / (time.perf_counter() - started)

    run(watched=True)
    pairs = [(run(watched=True), run(watched=False)) for _ in range(3)]
    reporter.close()
    with_it, without = (sorted(side)[1] for side in zip(*pairs, strict=True))
    return {"with": with_it, "without": without}


AGENTS: dict[str, Callable[[str], dict[str, float]]] = {
    "reported": _reported,
    "waiting": _waiting,
    "working": _working,
}


def _agent(role: str, url: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "AGENTSENTINEL_SPOOL": folder}
        command = [sys.executable, "-m", "bench.reporter", role, url]
        output = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True, timeout=300).stdout
    result: dict[str, float] = json.loads(output)
    return result


def main() -> None:
    """Measure and print a table."""
    print(f"{'server':<28}{'p50':>10}{'p99':>10}{'max':>10}   us per call on the agent's thread")
    for kind in SERVERS:
        with _server(kind) as url:
            _print(kind, _agent("reported", url), LIMIT_US)
    with _server("up") as url:
        _print("up, a handler that waits", _agent("waiting", url))
        for name in ("up", "hanging"):
            with _server(name) as address:
                pace = _agent("working", address)
            ratio = pace["with"] / pace["without"]
            print(
                f"tool of 1 ms, server {name}: {pace['with']:.0f} of {pace['without']:.0f} calls/s, ratio {ratio:.3f}"
            )


def _print(name: str, figures: dict[str, Any], limit: float | None = None) -> None:
    mark = " !" if limit is not None and figures["p99"] > limit else ""
    print(f"{name:<28}{figures['p50']:>10.1f}{figures['p99']:>10.1f}{figures['max']:>10.0f}{mark}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(sys.argv[2]))
    elif len(sys.argv) == 3:
        print(json.dumps(AGENTS[sys.argv[1]](sys.argv[2])))
    else:
        main()
