"""`python -m bench.removal`: a busy agent is deleted beside others that go on reporting, and long sessions are read.

Targets: the deletion of an agent with 2 million events is answered within 1 s and done within 2 minutes, beside 1,000
events a second; the events of one session are there within 50 ms however many the agent has.
"""

import argparse
import sys
import threading
import time
from statistics import quantiles

import httpx2

from agentsentinel.ingest.partitions import WEEK, make_partitions, week_of
from agentsentinel.kit.ids import now
from bench.database import Connection, Work
from bench.lab import QUICK, laboratory
from bench.product import BATCH_PATH, Product
from bench.wrk import BenchError, Target

NAME = "removal"
DIGEST = "ab" * 32
BATCH = 100
SESSION_EVENTS = 20
READS = 50
EVENTS_A_WEEK = 7 * 24 * 3600

MAKE_EVENTS = """
INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, status,
                          anomaly_score, session_id)
SELECT gen_random_uuid(), at, at, $1, 'crm_search', '\\x', '\\x', 'ok', 0, 'session-' || n / $3::int
FROM generate_series(1, $2::int) n, LATERAL (SELECT now() - n * interval '1 second') t(at)
"""


def main() -> int:
    """Measure and return the exit code: 0 measured, 2 could not measure; missed targets do not change it."""
    parser = argparse.ArgumentParser(prog="python -m bench.removal", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rate", type=int, default=1_000, help="events a second of another agent meanwhile")
    options = parser.parse_args()
    try:
        with laboratory(QUICK) as lab:
            product = lab.product(NAME)
            busy, other = lab.targets(NAME)[:2]
            _fill(product, busy, options.events)
            _read_sessions(product, busy, options.events)
            _delete(product, busy, other, options.rate)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _fill(product: Product, busy: Target, events: int) -> None:
    async def fill(connection: Connection) -> None:
        await connection.execute("SET statement_timeout = 0")
        weeks = {week_of(now() - WEEK * number) for number in range(1 + events // EVENTS_A_WEEK + 1)}
        await make_partitions(connection, weeks)
        await connection.execute(MAKE_EVENTS, busy.agent_id, events, SESSION_EVENTS)
        await connection.execute("VACUUM ANALYZE agent_events")

    product.with_database(fill)


def _client(product: Product, key: str) -> httpx2.Client:
    return httpx2.Client(base_url=product.url, headers={"X-API-Key": key}, timeout=60, trust_env=False)


def _read_sessions(product: Product, busy: Target, events: int) -> None:
    sessions = events // SESSION_EVENTS
    seconds = []
    with _client(product, product.reader().key) as client:
        for number in range(READS):
            session = f"session-{(number * 7919) % sessions}"
            began = time.perf_counter()
            found = client.get("/api/v1/events", params={"agent_id": busy.agent_id, "session_id": session}).json()
            seconds.append(time.perf_counter() - began)
            if not found:
                raise BenchError(f"{session} has no events")
    p99 = quantiles(seconds, n=100)[98]
    print(f"a session among {events:,} events: p50 {1000 * quantiles(seconds, n=2)[0]:.0f} ms, p99 {1000 * p99:.0f} ms")


def _delete(product: Product, busy: Target, other: Target, rate: int) -> None:
    sent: list[float] = []
    refused: list[int] = []
    is_over = threading.Event()

    def report() -> None:
        event = {"agent_id": other.agent_id, "tool_name": "x", "input_hash": DIGEST, "output_hash": DIGEST}
        began = time.monotonic()
        with _client(product, other.key) as client:
            while not is_over.is_set():
                time.sleep(max(0.0, began + BATCH * len(sent) / rate - time.monotonic()))
                at = time.monotonic()
                answer = client.post(BATCH_PATH, json={"events": [event] * BATCH})
                sent.append(time.monotonic() - at)
                if answer.status_code != 200:
                    refused.append(answer.status_code)

    thread = threading.Thread(target=report)
    thread.start()
    with _client(product, product.reader().key) as client:
        began = time.monotonic()
        answer = client.delete(f"/api/v1/agents/{busy.agent_id}")
        answered = time.monotonic() - began
        while product.with_database(_is_there(busy)):
            time.sleep(0.5)
    done = time.monotonic() - began
    is_over.set()
    thread.join()
    p99 = 1000 * quantiles(sent, n=100)[98]
    print(f"deletion: {answer.status_code} after {answered:.2f} s, done after {done:.0f} s")
    print(f"beside it: {len(sent) * BATCH / done:,.0f} events/s, p99 of a batch {p99:.0f} ms, refused {len(refused)}")


def _is_there(target: Target) -> Work[bool]:
    async def look(connection: Connection) -> bool:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM agents WHERE id = $1)", target.agent_id))

    return look


if __name__ == "__main__":
    sys.exit(main())
