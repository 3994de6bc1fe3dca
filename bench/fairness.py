"""`python -m bench.fairness`: measure how one key's flood affects the other keys.

One agent's key floods with batches of 1,000 events over 40 connections. Beside it, from a process of its own, another
agent reports single events, one after another, with the retries that the SDK makes by default.

Targets: every single report is accepted, their p99 is at most 250 ms, and the flood's own accepted rate is at least 0.8
of the best it reaches over fewer connections.
"""

import argparse
import asyncio
import json
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import quantiles
from urllib.parse import urlsplit

from bench.lab import QUICK, laboratory
from bench.product import BATCH_PATH, EVENT_PATH
from bench.wrk import BenchError, Target

NAME = "fairness"
FLOOD_CONNECTIONS = 40
BEST_CONNECTIONS = (2, 4, 8)
"""Numbers of connections, too few for a flood, over which the best rate is measured."""
BATCH = 1_000
RETRIES = 3
"""How often the SDK's client tries again by default (`max_retries`)."""
DIGEST = "ab" * 32


@dataclass
class Flood:
    """Outcome of a flood's requests."""

    seconds: float = 0.0
    accepted_events: int = 0
    accepted: int = 0
    refused: int = 0

    @property
    def rate(self) -> float:
        """Return the accepted events per second."""
        return self.accepted_events / self.seconds

    def __str__(self) -> str:
        """Format the raw figures in one line."""
        return f"{self.rate:,.0f} events/s accepted, {self.accepted} batches accepted, {self.refused} refused"


@dataclass
class Singles:
    """Outcome of single reports."""

    seconds: list[float]
    """Seconds from the first attempt to the final answer of each report."""
    retried: int = 0
    given_up: int = 0

    @property
    def p99_ms(self) -> float:
        """Return the 99th percentile of the durations, in milliseconds."""
        return 1000 * quantiles(self.seconds, n=100)[98]

    def __str__(self) -> str:
        """Format the raw figures in one line."""
        median = 1000 * quantiles(self.seconds, n=2)[0]
        return (
            f"{len(self.seconds)} single reports: p50 {median:.0f} ms, p99 {self.p99_ms:.0f} ms, max"
            f" {1000 * max(self.seconds):.0f} ms; retried {self.retried}, given up {self.given_up}"
        )


def _event(agent_id: str) -> dict[str, str]:
    return {"agent_id": agent_id, "tool_name": "crm_search", "input_hash": DIGEST, "output_hash": DIGEST}


class _Wire:
    """One keep-alive connection."""

    def __init__(self, url: str, path: str, key: str, body: bytes) -> None:
        parts = urlsplit(url)
        self._address = str(parts.hostname), int(parts.port or 80)
        self._request = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self) -> tuple[int, float]:
        """Send the request once more; returns the status, and how long to wait before trying again."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            writer.close()
            self._streams = None
        return int(head.split()[1]), float(headers.get("retry-after", "1"))


async def _flood_on(wire: _Wire, end: float, flood: Flood) -> None:
    while time.monotonic() < end:
        status, wait = await wire.send()
        if status == 200:
            flood.accepted += 1
            flood.accepted_events += BATCH
        else:
            flood.refused += 1
            await asyncio.sleep(wait)


def flood(url: str, target: Target, connections: int, seconds: float) -> Flood:
    """Report batches over this number of connections, obeying Retry-After."""
    body = json.dumps({"events": [_event(target.agent_id)] * BATCH}).encode()

    async def run() -> Flood:
        result, began = Flood(), time.monotonic()
        wires = [_Wire(url, BATCH_PATH, target.key, body) for _ in range(connections)]
        await asyncio.gather(*(_flood_on(wire, began + seconds, result) for wire in wires))
        result.seconds = time.monotonic() - began
        return result

    return asyncio.run(run())


def report_singles(url: str, target: Target, seconds: float) -> Singles:
    """Report single events one after another, each with the retries of the SDK."""
    body = json.dumps(_event(target.agent_id)).encode()

    async def run() -> Singles:
        result, end = Singles([]), time.monotonic() + seconds
        wire = _Wire(url, EVENT_PATH, target.key, body)
        while time.monotonic() < end:
            began = time.monotonic()
            status, wait = await wire.send()
            for _ in range(RETRIES):
                if status == 201:
                    break
                result.retried += 1
                await asyncio.sleep(wait)
                status, wait = await wire.send()
            result.given_up += status != 201
            result.seconds.append(time.monotonic() - began)
            await asyncio.sleep(0.005)
        return result

    return asyncio.run(run())


def main() -> int:
    """Measure and return the exit code: 0 measured, 2 could not measure; missed targets do not change it."""
    parser = argparse.ArgumentParser(prog="python -m bench.fairness", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    seconds = parser.parse_args().seconds
    try:
        with laboratory(QUICK) as lab, ProcessPoolExecutor(2, get_context("spawn")) as pool:
            product = lab.product(NAME)
            loud, quiet = lab.targets(NAME)[:2]
            flood(product.url, loud, 2, 1.0)
            runs = {number: flood(product.url, loud, number, seconds) for number in BEST_CONNECTIONS}
            for number, run in runs.items():
                print(f"{number} connections: {run}", flush=True)
            singles: Future[Singles] = pool.submit(report_singles, product.url, quiet, seconds)
            flooded = pool.submit(flood, product.url, loud, FLOOD_CONNECTIONS, seconds).result()
            print(f"{FLOOD_CONNECTIONS} connections: {flooded}", f"beside it: {singles.result()}", sep="\n")
            best = max(run.rate for run in runs.values())
            print(f"goodput {flooded.rate / best:.2f} of the best (target 0.8)")
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
