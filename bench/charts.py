"""`python -m bench.charts`: charts of 30 days, and the pages of tables beside them, over a million events.

Target: the API answers within 150 ms (p95) at 2,000 agents. Events are spread evenly, which is the worst case: an agent
then has a rollup for nearly every hour.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

import httpx2

from agentsentinel.ingest.rollups import BUCKETS, each_bucket
from bench import history
from bench.dashboard import MAKE_POINTS
from bench.database import Connection
from bench.lab import QUICK, laboratory
from bench.product import Product
from bench.wrk import BenchError

NAME = "charts"
TARGET_MS = 150
PATHS = (
    "charts/events?since=1h",
    "charts/events?since=24h",
    "charts/events?since=7d",
    "charts/events?since=30d",
    "charts/events?since=30d&owner_team=team-3",
    "charts/findings?since=30d",
    "charts/teams?since=7d",
    "charts/teams?since=30d",
    "movers?since=30d",
)
MAKE_HOURS = f"""
INSERT INTO agent_hours (agent_id, hour, calls, anomaly_sum, errors, denied, histogram)
SELECT agent_id, floor(extract(epoch FROM timestamp) / 3600), count(*), 0, 0, 0,
       {each_bucket(f"count(*) FILTER (WHERE duration_ms % {BUCKETS} = {{n}} - 1)")}
FROM agent_events GROUP BY 1, 2 ORDER BY 2, 1
"""
# Ten steps of each finding, over the days: more than findings have.
MAKE_STEPS = """
INSERT INTO finding_history (id, finding_id, at, status)
SELECT gen_random_uuid(), f.id, now() - n * interval '3 days' - random() * interval '2 days',
       CASE WHEN n % 2 = 0 THEN 'OPEN' ELSE 'RESOLVED' END
FROM findings f, generate_series(0, 9) n
"""


async def _add_rollups(connection: Connection) -> None:
    # What the platform has rolled up of the history by itself would be counted twice.
    await connection.execute("TRUNCATE agent_hours, agent_days")
    for statement in (MAKE_HOURS, MAKE_POINTS, MAKE_STEPS):
        await connection.execute(statement)
    await connection.execute("VACUUM (ANALYZE)")
    for table in ("agent_hours", "agent_days", "score_history", "finding_history"):
        print(f"  {table}: {await connection.fetchval(f'SELECT count(*) FROM {table}'):,} rows")


def main() -> int:
    """Measure and return the exit code: 0 measured, 2 could not measure; missed targets do not change it."""
    parser = argparse.ArgumentParser(prog="python -m bench.charts", description=__doc__)
    parser.add_argument("--agents", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=100, help="requests of each kind, one after the other")
    options = parser.parse_args()
    try:
        with laboratory(QUICK) as lab:
            product = lab.product(NAME)
            print(f"{options.agents:,} agents, {options.events:,} events, load average {os.getloadavg()[0]:.1f}")
            product.with_database(history.fill(options.events, options.agents))
            product.with_database(_add_rollups)
            for path in PATHS:
                _report(path, _times(product, path, options.requests))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _times(product: Product, path: str, requests: int) -> list[float]:
    """Return how long each request took in milliseconds, the shortest first."""
    headers = {"X-API-Key": product.reader().key}
    times = []
    with httpx2.Client(base_url=f"{product.url}/api/v1/", headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(requests):
            began = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise BenchError(f"{path} was answered {answer.status_code}")
    return sorted(times)


def _report(path: str, times: Sequence[float]) -> None:
    p95 = times[max(0, int(len(times) * 0.95) - 1)]
    mark = "" if p95 <= TARGET_MS else " !"
    print(f"  {path:44} median {times[len(times) // 2]:4.0f} ms, p95 {p95:4.0f} ms{mark}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
