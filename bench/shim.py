"""`python -m bench.shim`: what the shim adds to one small tool call over HTTP, beside other ways to the same server.

The ways take turns, call by call, so that what else the machine does meets all of them. The bare relay stands on the
same HTTP stack as the shim and looks at nothing. Exit code 1 when a bar is missed or an answer is not that of its call.
Needs the environment of `make conformance`, whose server is the upstream.
"""

import argparse
import asyncio
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bench.conformance.chains import ENVIRONMENT, UPSTREAM, listening, shim

MOST_OVER_BARE = 1.15
MOST_ADDED_MS = 3.0
MOST_OF_FASTMCP = 0.10
WARM_UP_CALLS = 30
TOOL = "test_x_mcp_header"
"""Answers with its argument."""
SENTINEL = (
    "import threading; from agentsentinel_sdk.testing import FakeSentinel\n"
    "with FakeSentinel().serve({port}): threading.Event().wait()"
)
FASTMCP = (
    "from fastmcp.server import create_proxy\n"
    "create_proxy('{upstream}').run(transport='http', port={port}, show_banner=False, log_level='ERROR')"
)


def main() -> int:
    """Measure, print the figures, and return the exit code."""
    options = _parse()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ways = _start(stack, folder, options.fastmcp)
        times = _measure(ways, options.calls)
        mixed_up = asyncio.run(_mix_ups(ways["shim"], options.sessions, options.session_calls))
    p50 = {name: statistics.median(seconds) * 1000 for name, seconds in times.items()}
    for name, milliseconds in p50.items():
        p99 = sorted(times[name])[int(len(times[name]) * 0.99)] * 1000
        print(
            f"{name:<12} p50 {milliseconds:7.2f} ms   p99 {p99:7.2f} ms   added {milliseconds - p50['direct']:7.2f} ms"
        )
    bars = _bars(p50)
    for what, figure, bar in bars:
        print(f"{what:<46} {figure:7.3f}   (bar {bar}{', missed' if figure > bar else ''})")
    if "FastMCP" not in p50:
        print("FastMCP's proxy was not measured: give --fastmcp the Python of an environment that has fastmcp")
    print(f"{options.sessions} sessions x {options.session_calls} calls through the shim: {mixed_up} mixed up")
    return 1 if mixed_up or any(figure > bar for _, figure, bar in bars) else 0


def _bars(p50: dict[str, float]) -> list[tuple[str, float, float]]:
    """Return what is compared, its figure and its bar."""
    added = p50["shim"] - p50["direct"]
    bars = [
        ("shim / bare relay", p50["shim"] / p50["bare relay"], MOST_OVER_BARE),
        ("shim - direct, ms", added, MOST_ADDED_MS),
    ]
    if "FastMCP" in p50:
        bars.append(("added by the shim / by FastMCP", added / (p50["FastMCP"] - p50["direct"]), MOST_OF_FASTMCP))
    return bars


def _start(stack: ExitStack, folder: Path, fastmcp: str | None) -> dict[str, str]:
    """Start the upstream and what stands in front of it; returns their addresses."""

    def start(name: str, command: list[str]) -> str:
        return stack.enter_context(listening(command, folder / f"{name}.log", {"PYTHONWARNINGS": "ignore"}))

    upstream = start("upstream", [*UPSTREAM, "{port}"])
    sentinel = start("sentinel", [sys.executable, "-c", SENTINEL]).removesuffix("/mcp")
    ways = {
        "direct": upstream,
        "bare relay": start("bare", [sys.executable, "-m", "bench.bare_relay", "{port}", upstream]),
        "shim": stack.enter_context(shim(["--upstream-url", upstream], sentinel, folder)),
    }
    if fastmcp:
        ways["FastMCP"] = start("fastmcp", [fastmcp, "-c", FASTMCP.replace("{upstream}", upstream)])
    return ways


def _measure(ways: dict[str, str], calls: int) -> dict[str, list[float]]:
    """Return the seconds of each call, by the way it took."""
    callers = {name: Caller(url) for name, url in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(WARM_UP_CALLS + calls):
        for name, caller in callers.items():
            seconds = caller.call(number)
            if number >= WARM_UP_CALLS:
                times[name].append(seconds)
    return times


class Caller:
    """A client of the era without sessions, on one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self._path = parts.path

    def call(self, number: int) -> float:
        """Call the tool, and return the seconds until the whole answer was there. Raises ValueError for a wrong one."""
        region = f"region-{number}"
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": _params(region)})
        headers = {**_ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": TOOL}
        begun = time.perf_counter()
        self._connection.request("POST", self._path, body, {**headers, "mcp-param-region": region})
        answer = self._connection.getresponse().read()
        seconds = time.perf_counter() - begun
        if region.encode() not in answer:
            raise ValueError(f"a wrong answer: {answer[:500]!r}")
        return seconds


_ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def _params(region: str) -> dict[str, Any]:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    return {"name": TOOL, "arguments": {"region": region}, "_meta": meta}


async def _mix_ups(url: str, sessions: int, calls: int) -> int:
    """Call from many sessions at once, all with the same ids, and count the wrong answers."""
    limits = httpx2.Limits(max_connections=sessions)
    async with httpx2.AsyncClient(headers=_ACCEPT, limits=limits, timeout=None, trust_env=False) as client:
        counts = await asyncio.gather(*(_session(client, url, number, calls) for number in range(sessions)))
    return sum(counts)


async def _session(client: httpx2.AsyncClient, url: str, number: int, calls: int) -> int:
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    hello = {"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": about}
    headers = {"mcp-session-id": (await client.post(url, json=hello)).headers["mcp-session-id"]}
    await client.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    mixed_up = 0
    for id_ in range(calls):
        region = f"{number}-{id_}."
        params = {"name": TOOL, "arguments": {"region": region}}
        request = {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": params}
        answer = (await client.post(url, json=request, headers=headers)).text
        mixed_up += f"region={region}" not in answer
    await client.delete(url, headers=headers)
    return mixed_up


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.shim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=500, help="calls each way (%(default)s)")
    parser.add_argument("--sessions", type=int, default=100, help="sessions at once (%(default)s)")
    parser.add_argument("--session-calls", type=int, default=100, help="calls of each session (%(default)s)")
    parser.add_argument(
        "--fastmcp", metavar="PYTHON", help="Python of an environment with fastmcp, to measure its proxy"
    )
    options = parser.parse_args()
    if not os.access(ENVIRONMENT / "python", os.X_OK):
        parser.error("its upstream is not installed: run `make conformance` first")
    return options


if __name__ == "__main__":
    sys.exit(main())
