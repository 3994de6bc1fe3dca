"""`python -m bench.dashboard`: the dashboard over thousands of agents and a million events, in a real Chromium.

Targets: the agents page is interactive within a second of a cold load on loopback; scrolling it keeps 60 frames a
second; the live feed stays smooth at 500 events a second, and its memory flat, for five minutes.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import httpx2

from bench import history
from bench.browser import Visitor, frames, heap, visitor
from bench.database import Connection
from bench.lab import QUICK, laboratory
from bench.product import BATCH_PATH, Product
from bench.wrk import TOOLS, BenchError, Target

NAME = "dashboard"
INTERACTIVE_MS = 1000
BATCHES_A_SECOND = 10
MEASURED_SECONDS = 5.0
DIGEST = "ab" * 32

# A week of changes for each agent: the sparklines have something to draw.
MAKE_POINTS = """
INSERT INTO score_history (agent_id, recorded_at, id, trust_score, posture_score, behavior_score, recency_bonus, status,
                           causes)
SELECT a.id, now() - n * interval '8 hours', gen_random_uuid(), 40 + (hashtext(a.name) + n * 7919) % 50, 75, 60, 0,
       'WATCH', '[]'
FROM agents a, generate_series(1, 20) n
"""


async def _add_points(connection: Connection) -> None:
    await connection.execute(MAKE_POINTS)
    await connection.execute("VACUUM (ANALYZE) score_history")


def main() -> int:
    """Measure and return the exit code: 0 measured, 2 could not measure; missed targets do not change it."""
    options = _parse()
    try:
        with laboratory(QUICK) as lab:
            product = lab.product(NAME)
            agent_ids = product.with_database(history.fill(options.events, options.agents))
            product.with_database(_add_points)
            print(f"{options.agents:,} agents, {options.events:,} events, load average {os.getloadavg()[0]:.1f}")
            with visitor(product.url, product.reader().key) as browser:
                _measure(browser, product, agent_ids, options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _measure(browser: Visitor, product: Product, agent_ids: Sequence[str], options: argparse.Namespace) -> None:
    if "load" in options.only:
        _load(browser, product, options.loads)
    if "scroll" in options.only:
        print(f"scrolling: {browser.scroll(options.scroll_seconds)}", flush=True)
    if "feed" in options.only:
        _feed(browser, product, agent_ids, options.feed_seconds, options.rate)


def _load(browser: Visitor, product: Product, loads: int) -> None:
    browser.visit()  # warms the server up, so that its first request is not measured
    cpu = product.cpu()
    visits = [browser.visit() for _ in range(loads)]
    used = product.cpu().since(cpu)
    for visit in visits:
        mark = "" if visit.interactive <= INTERACTIVE_MS else " !"
        print(
            f"  interactive after {visit.interactive:.0f} ms{mark}: agents asked for at {visit.asked:.0f}, there at"
            f" {visit.answered:.0f} ({visit.bytes_sent / 1000:.0f} kB sent, {visit.bytes_held / 1000:.0f} kB),"
            f" main thread {visit.cpu:.0f} ms"
        )
    times = [one.interactive for one in visits]
    cpu_ms = (median(one.cpu for one in visits), used.server / loads * 1000, used.database / loads * 1000)
    print(
        f"cold load: median {median(times):.0f} ms, worst {max(times):.0f} ms;"
        f" CPU a load: page {cpu_ms[0]:.0f} ms, server {cpu_ms[1]:.0f} ms, database {cpu_ms[2]:.0f} ms"
    )
    print(f"search: {median(browser.search() for _ in range(loads)):.0f} ms until five keys have filtered", flush=True)


def _feed(browser: Visitor, product: Product, agent_ids: Sequence[str], seconds: int, rate: int) -> None:
    with browser.page() as (page, cdp), _reporting(product.url, product.reader(), agent_ids[-100:], rate):
        page.goto("/events")
        page.get_by_text("Live", exact=True).wait_for()
        page.wait_for_timeout(10_000)  # the list has filled
        began = time.monotonic()
        while True:
            passed = time.monotonic() - began
            told = page.get_by_role("heading", level=1).inner_text()
            print(f"  feed after {passed:4.0f} s: heap {heap(cdp):.1f} MB, {told}", end="; ", flush=True)
            print(frames(page, cdp, MEASURED_SECONDS), flush=True)
            if passed >= seconds:
                return
            page.wait_for_timeout(max(1.0, min(60.0, seconds - passed) - MEASURED_SECONDS) * 1000)


@contextmanager
def _reporting(url: str, reporter: Target, agent_ids: Sequence[str], rate: int) -> Iterator[None]:
    """Report `rate` events per second, from the agents in turn, for the duration of the block.

    Raises BenchError when an event is refused.
    """
    over = threading.Event()
    refused: list[str] = []

    def report() -> None:
        with httpx2.Client(base_url=url, headers={"X-API-Key": reporter.key}, timeout=30, trust_env=False) as client:
            number, due = 0, time.monotonic()
            while not over.is_set():
                events = [_event(agent_ids, number + place) for place in range(rate // BATCHES_A_SECOND)]
                answer = client.post(BATCH_PATH, json={"events": events})
                if answer.status_code != 200:
                    refused.append(answer.text[:300])
                    return
                number += len(events)
                due += 1 / BATCHES_A_SECOND
                time.sleep(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if refused:
        raise BenchError(f"events were refused: {refused[0]}")


def _event(agent_ids: Sequence[str], number: int) -> dict[str, object]:
    return {
        "agent_id": agent_ids[number % len(agent_ids)],
        "tool_name": TOOLS[number % len(TOOLS)],
        "input_hash": DIGEST,
        "output_hash": DIGEST,
        "duration_ms": number % 900,
        "session_id": f"session-{number // 1000}",
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description=__doc__)
    parser.add_argument("--agents", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--loads", type=int, default=5, help="cold loads of the agents page")
    parser.add_argument("--scroll-seconds", type=int, default=20)
    parser.add_argument("--feed-seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=500, help="events a second in the feed")
    parser.add_argument("--only", type=lambda text: text.split(","), default=["load", "scroll", "feed"])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
