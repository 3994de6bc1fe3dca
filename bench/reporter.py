"""`python -m bench.reporter`: measure what reporting costs the agent's own thread, whatever the server does.

Each line is a program of its own that makes 10,000 calls of a tool that does nothing, and measures how long the start
and the end of each call are held up by the reporter: by the clock, and, in a second pass, in processor time of the
agent's thread, which does not depend on what else the machine does. Beside it stands a handler that posts each event
and waits, as the earlier public version did. The server is a program of its own too, so that it does not take the
agent's time but that of the other core.

Then the same agent with a tool that has some work to do, with and without the reporter. The work is the same each time
and not a wait until the clock says so: what the sending thread takes from the tool, by holding the interpreter's lock,
shows as a lower pace.
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
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx2

from agentsentinel_sdk import Reporter, ToolCallEvent, hash_payload

CALLS = 10_000
WAITING_CALLS = 1_000
"""Calls of the handler that waits; fewer, since it is slow."""
WORKING_CALLS = 250
PAIRS = 16
TOOL_ROUNDS = 33_000
"""Rounds of a small loop: about a millisecond of pure Python."""
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


def _percentiles(
    calls: int, begin: Callable[[int], object], end: Callable[[int], object], clock: Callable[[], float]
) -> dict[str, float]:
    """Return percentiles of the microseconds for which one call is held up."""
    held_up: list[float] = []
    for number in range(calls):
        started = clock()
        begin(number)
        between = clock()
        # the tool that does nothing
        resumed = clock()
        end(number)
        held_up.append((between - started + clock() - resumed) * 1e6)
    cuts = quantiles(held_up, n=100)
    return {"p50": cuts[49], "p99": cuts[98], "max": max(held_up)}


def _both_clocks(calls: int, begin: Callable[[int], object], end: Callable[[int], object]) -> dict[str, float]:
    by_clock = _percentiles(calls, begin, end, time.perf_counter)
    by_processor = _percentiles(calls, begin, end, time.thread_time)
    return {**by_clock, "cpu_p50": by_processor["p50"], "cpu_p99": by_processor["p99"]}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _reported(url: str) -> dict[str, float]:
    before = _resident_mb()
    reporter = Reporter(KEY, url)
    calls = reporter.recorder()
    for number in range(100):  # the first ones import and compile
        calls.start(number, "search_crm", INPUTS)
        calls.end(number, OUTPUT)
    time.sleep(0.5)
    result = _both_clocks(CALLS, lambda n: calls.start(n, "search_crm", INPUTS), lambda n: calls.end(n, OUTPUT))
    grown = _resident_mb() - before
    time.sleep(0.5)
    stats = reporter.stats
    reporter.close()
    kept = stats.delivered + stats.rejected + stats.dropped + stats.queued + stats.spooled
    return {**result, "lost": stats.accepted - kept, "dropped": stats.dropped, "grown_mb": grown}


def _waiting(url: str) -> dict[str, float]:
    http = httpx2.Client(base_url=url, headers={"X-API-Key": KEY}, trust_env=False)

    def post(_: int) -> None:
        event = ToolCallEvent(AGENT, "search_crm", hash_payload(INPUTS), hash_payload(OUTPUT), duration_ms=0)
        http.post("/api/v1/events", json=event.to_wire())

    post(0)
    return _both_clocks(WAITING_CALLS, lambda _: None, post)


def _work() -> int:
    total = 0
    for number in range(TOOL_ROUNDS):
        total += number * number % 7
    return total


def _working(url: str) -> dict[str, float]:
    reporter = Reporter(KEY, url)
    calls = reporter.recorder()

    def run(*, watched: bool) -> tuple[float, float]:
        started, cpu = time.perf_counter(), time.process_time()
        for number in range(WORKING_CALLS):
            if watched:
                calls.start(number, "search_crm", INPUTS)
            _work()
            if watched:
                calls.end(number, OUTPUT)
        return time.perf_counter() - started, time.process_time() - cpu

    run(watched=True)
    pairs = []
    for number in range(PAIRS):
        sides = {}
        for watched in (True, False) if number % 2 else (False, True):  # neither always has the machine warmed up
            sides[watched] = run(watched=watched)
            reporter.flush(0.5)  # what is still to be sent must not be done while the next one runs without
        pairs.append((sides[True], sides[False]))
    reporter.close()
    return {
        "with": median(WORKING_CALLS / watched[0] for watched, _ in pairs),
        "without": median(WORKING_CALLS / bare[0] for _, bare in pairs),
        "ratio": median(bare[0] / watched[0] for watched, bare in pairs),
        "cpu_ratio": median(bare[1] / watched[1] for watched, bare in pairs),
    }


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
    print("us per call on the agent's thread, by the clock and in its processor time; MB that the process grew")
    print(f"{'server':<26}{'p50':>8}{'p99':>8}{'max':>9}{'cpu p50':>9}{'cpu p99':>9}{'lost':>6}{'dropped':>9}{'MB':>6}")
    for kind in SERVERS:
        with _server(kind) as url:
            _print(kind, _agent("reported", url), LIMIT_US)
    with _server("up") as url:
        _print("up, a handler that waits", _agent("waiting", url))
        for name in ("up", "hanging"):
            with _server(name) as address:
                pace = _agent("working", address)
            print(
                f"a tool with work to do, server {name}: {pace['with']:.0f} of {pace['without']:.0f} calls/s; "
                f"ratio {pace['ratio']:.3f}, in processor time of the whole process {pace['cpu_ratio']:.3f}"
            )


def _print(name: str, figures: dict[str, Any], limit: float | None = None) -> None:
    mark = " !" if limit is not None and figures["p99"] > limit else ""
    line = f"{name:<26}{figures['p50']:>8.1f}{figures['p99']:>8.1f}{figures['max']:>9.0f}"
    line += f"{figures['cpu_p50']:>9.1f}{figures['cpu_p99']:>9.1f}"
    if "lost" in figures:
        line += f"{figures['lost']:>6.0f}{figures['dropped']:>9.0f}{figures['grown_mb']:>6.1f}"
    print(line + mark, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(sys.argv[2]))
    elif len(sys.argv) == 3:
        print(json.dumps(AGENTS[sys.argv[1]](sys.argv[2])))
    else:
        main()
