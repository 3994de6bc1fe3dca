"""What a cluster survives under load: each part killed, away or frozen, a rolling restart, overload and slow clients.

`make cluster-test` runs the short forms and `make cluster-test FULL=1` every figure; `make test` leaves them out. Each
prints its figures beside the bars of docs/operations.md. What has to hold on any machine is asserted: nothing lost,
nothing twice, all counted right.
"""

import asyncio
import json
import os
import signal
import socket
import ssl
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from deploy.cluster.cluster import PlatformProcess

from agentsentinel.kit.ids import uuid7
from server.cluster.support import FULL, ClusterUnderTest, cluster_under_test, wait_until
from server.faults.embedded_platform import new_folder, say
from server.faults.load import Caller, Load, Wire, new_callers
from server.faults.recount import tallies, unaccounted
from server.support import event, query

pytestmark = pytest.mark.skipif("CLUSTER_TEST" not in os.environ, reason="long: make cluster-test")

ROUNDS = 3 if FULL else 1
EVENTS = 20_000 if FULL else 3_000
REDIS_OUTAGE_SECONDS = 300 if FULL else 60
DATABASE_OUTAGE_SECONDS = 120 if FULL else 15
FROZEN_SECONDS = 30 if FULL else 10
OVERLOAD_SECONDS = 60 if FULL else 15
RATE = 200
AWAY_SECONDS = 1.0
"""Between the end of a process and its next start, as a process manager would have it."""
MANY_SECONDS = 600.0
"""More than any load here needs on a slow machine."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterUnderTest]:
    """Run a cluster with a PostgreSQL of its own, which can be killed, behind nginx."""
    with new_folder() as folder, cluster_under_test(folder, https_port=0) as running:
        yield running


def new_load(cluster: ClusterUnderTest, events: int, **options: Any) -> Load:
    return Load(cluster.urls, new_callers(cluster.first), events, seconds=MANY_SECONDS, **options)


def under_load(load: Load, *steps: Callable[[], Any], after: int) -> list[float]:
    """Run the load; once `after` events are acknowledged, do each step; returns the moments at which each began."""
    moments = []

    async def scenario() -> None:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0)
        await load.reached(after)
        for step in steps:
            moments.append(time.monotonic())
            await asyncio.to_thread(step)
        await running

    asyncio.run(scenario())
    return moments


def assert_nothing_lost(cluster: ClusterUnderTest, load: Load) -> None:
    """Every event that was acknowledged is stored, once, and counted."""
    stored = {row["id"] for row in query(cluster.dsn, "SELECT id FROM agent_events")}
    assert not load.acknowledged.keys() - stored
    assert not load.different
    cluster.wait_until_connected()
    cluster.assert_counted_right()
    cluster.wait_until_settled()


def restart_after_a_pause(*processes: PlatformProcess) -> None:
    time.sleep(AWAY_SECONDS)
    for process in processes:
        process.launch()
    for process in processes:
        process.wait_until_ready()


VICTIMS = ("an API server", "a worker", "Redis with its data", "PostgreSQL", "everything")


def kill(cluster: ClusterUnderTest, victim: str) -> None:
    parts = cluster.parts
    assert parts.postgres is not None
    processes = {
        "an API server": parts.servers[:1],
        "a worker": parts.workers[:1],
        "everything": parts.processes,
    }.get(victim, ())
    if victim in {"PostgreSQL", "everything"}:
        parts.postgres.kill()
    if victim in {"Redis with its data", "everything"}:
        parts.redis.kill(with_its_data=True)
    for process in processes:
        process.kill()
    time.sleep(AWAY_SECONDS)
    parts.postgres.ensure_running()
    if victim in {"Redis with its data", "everything"}:
        parts.redis.start()
    restart_after_a_pause(*processes)


@pytest.mark.parametrize("victim", VICTIMS)
def test_what_is_killed_under_load_costs_no_event(cluster: ClusterUnderTest, victim: str) -> None:
    for _ in range(ROUNDS):
        load = new_load(cluster, EVENTS)
        under_load(load, lambda: kill(cluster, victim), after=EVENTS // 3)
        begin = time.monotonic()
        assert_nothing_lost(cluster, load)
        say(
            f"{victim} killed: {len(load.acknowledged)} acknowledged, longest time without an answer"
            f" {load.longest_gap:.1f} s (bar 30), all scored and acknowledged by workers"
            f" {time.monotonic() - begin:.1f} s after the load (bar 60)"
        )
        assert len(load.acknowledged) == EVENTS


def test_ingest_goes_on_without_redis_and_catches_up_after_it(cluster: ClusterUnderTest) -> None:
    load = new_load(cluster, (REDIS_OUTAGE_SECONDS + 10) * RATE, rate=RATE)
    redis = cluster.redis

    def outage() -> None:
        redis.kill()
        time.sleep(REDIS_OUTAGE_SECONDS / 2)
        assert {process.health for process in cluster.parts.processes} == {"degraded"}
        time.sleep(REDIS_OUTAGE_SECONDS / 2)
        redis.start()

    under_load(load, outage, after=5 * RATE)
    begin = time.monotonic()
    assert_nothing_lost(cluster, load)
    assert set(load.answered) <= {200, 201}
    say(
        f"Redis away for {REDIS_OUTAGE_SECONDS} s at {RATE} events a second: {len(load.acknowledged)} acknowledged,"
        f" longest gap {load.longest_gap:.2f} s (bar 2), backlog done {time.monotonic() - begin:.1f} s after (bar 60)"
    )


def test_without_postgresql_the_answer_is_503_and_all_is_well_after_it(cluster: ClusterUnderTest) -> None:
    postgres = cluster.parts.postgres
    assert postgres is not None
    load = new_load(cluster, 2_000 + DATABASE_OUTAGE_SECONDS * RATE // 10, rate=RATE)
    moments: list[float] = []

    def outage() -> None:
        postgres.kill()
        time.sleep(DATABASE_OUTAGE_SECONDS / 2)
        for url in cluster.urls:
            read = httpx2.get(f"{url}/api/v1/agents", headers={"X-API-Key": cluster.first.admin_key}, timeout=20)
            assert (read.status_code, read.headers["retry-after"]) == (503, "1")
            assert httpx2.get(f"{url}/livez", timeout=20).status_code == 200
        time.sleep(DATABASE_OUTAGE_SECONDS / 2)
        postgres.ensure_running()
        moments.append(time.monotonic())
        wait_until(lambda: load.newest_served > moments[0])
        moments.append(load.newest_served)

    under_load(load, outage, after=1_000)
    assert_nothing_lost(cluster, load)
    assert load.answered[503] > 0
    assert load.without_retry_after == 0
    say(
        f"PostgreSQL away for {DATABASE_OUTAGE_SECONDS} s: slowest 503 after {load.slowest_refusal:.2f} s (bar 2),"
        f" served again {moments[1] - moments[0]:.2f} s after its return (bar 10)"
    )


def test_with_postgresql_frozen_requests_end_and_the_process_answers(cluster: ClusterUnderTest) -> None:
    postgres = cluster.parts.postgres
    assert postgres is not None
    load = new_load(cluster, 3_000, connections=50)
    alive: list[float] = []

    def freeze() -> None:
        postgres.freeze()
        end = time.monotonic() + FROZEN_SECONDS
        try:
            while time.monotonic() < end:
                for url in cluster.urls:
                    begin = time.monotonic()
                    assert httpx2.get(f"{url}/livez", timeout=20).status_code == 200
                    alive.append(time.monotonic() - begin)
                time.sleep(0.2)
        finally:
            postgres.thaw()

    under_load(load, freeze, after=500)
    assert_nothing_lost(cluster, load)
    assert load.answered[503] > 0
    assert load.without_retry_after == 0
    say(
        f"PostgreSQL frozen for {FROZEN_SECONDS} s, 50 connections: slowest answer {load.slowest:.2f} s (bar 5),"
        f" slowest /livez {max(alive):.3f} s (bar 1)"
    )


def test_a_rolling_restart_refuses_nothing_for_good(cluster: ClusterUnderTest) -> None:
    nginx = cluster.parts.nginx
    assert nginx is not None
    context = ssl.create_default_context(cafile=str(nginx.certificate))
    load = Load(nginx.url, new_callers(cluster.first), EVENTS, seconds=MANY_SECONDS, context=context)
    codes = []

    def roll() -> None:
        for process in cluster.parts.processes:
            codes.append(process.stop())
            process.start()

    under_load(load, roll, after=EVENTS // 4)
    assert codes == [0] * len(cluster.parts.processes)
    assert_nothing_lost(cluster, load)
    assert len(load.acknowledged) == EVENTS
    say(
        f"rolling restart of {len(codes)} processes: {len(load.acknowledged)} acknowledged through nginx after"
        f" {load.refused_requests} refusals and {load.unanswered} broken connections that were repeated"
    )


def test_overload_is_refused_in_order_and_accounted_for(cluster: ClusterUnderTest) -> None:
    before = [tallies(url) for url in cluster.urls]
    goodput = {}
    for connections in (8, 32, 64, 256):
        load = new_load(cluster, 10**9, connections=connections)
        load.seconds = OVERLOAD_SECONDS if connections == 256 else OVERLOAD_SECONDS / 3
        begin = time.monotonic()
        asyncio.run(load.run())
        goodput[connections] = len(load.acknowledged) / (time.monotonic() - begin)
        assert load.without_retry_after == 0
    peaks = [peak_memory(process) for process in cluster.parts.processes]
    say(
        f"256 connections for {OVERLOAD_SECONDS} s: {goodput[256]:.0f} events a second,"
        f" {goodput[256] / max(goodput.values()):.2f} of the best of 8, 32, 64 and 256 (bar 0.8);"
        f" largest process {max(peaks):.0f} MiB (bar 512)"
    )
    for url, first in zip(cluster.urls, before, strict=True):
        wait_until(lambda: unaccounted(tallies(url)) == unaccounted(first) == 0)  # noqa: B023 - called at once
    assert max(peaks) < 512
    cluster.assert_counted_right()
    cluster.wait_until_settled()


def test_slow_clients_are_cut_and_cost_the_others_little(cluster: ClusterUnderTest) -> None:
    nginx = cluster.parts.nginx
    assert nginx is not None
    caller = new_callers(cluster.first, 1)[0]
    body = json.dumps(identified(caller)).encode()
    half = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {caller.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body[:10]
    (_, api_port) = cluster.first.address
    for port, context in ((api_port, None), (nginx.https_port, ssl.create_default_context(cafile=nginx.certificate))):
        quiet = p99(cluster, caller, 3)
        with ExitStack() as stack:
            slow = [stack.enter_context(slow_client(port, context, half)) for _ in range(500)]
            begin = time.monotonic()
            beside = p99(cluster, caller, 10)
            cut = [seconds_until_cut(connection, begin) for connection in slow]
        say(
            f"500 slow clients of {'nginx' if context else 'the API'}: all cut after {max(cut):.0f} s (bar 45);"
            f" p99 of others {beside * 1000:.1f} ms, {quiet * 1000:.1f} without them (bar 2 times)"
        )


def identified(caller: Caller) -> dict[str, Any]:
    """Return an event with an id of its client's, as the recount wants it."""
    return event(caller.agent_id, event_id=str(uuid7(time.time())))


def slow_client(port: int, context: ssl.SSLContext | None, half: bytes) -> socket.socket:
    """Connect and send half a request."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname="localhost")
    connection.sendall(half)
    return connection


def seconds_until_cut(connection: socket.socket, begin: float) -> float:
    """Wait until the server closes the connection; returns how long after `begin` that was."""
    connection.settimeout(60)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - begin


def p99(cluster: ClusterUnderTest, caller: Caller, seconds: float) -> float:
    """Report single events for so long, and return the 99th percentile of their answer times."""
    times: list[float] = []

    async def report() -> None:
        wire = Wire(cluster.first.url, caller.key)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = await wire.request("POST", "/api/v1/events", json.dumps(identified(caller)).encode())
            assert answer.status == 201
            times.append(answer.seconds)
            await asyncio.sleep(0.01)
        wire.close()

    asyncio.run(report())
    return statistics.quantiles(times, n=100)[98]


def peak_memory(process: PlatformProcess) -> float:
    """Return the most memory the process has held, in MiB."""
    return _status(process, "VmHWM")


def memory(process: PlatformProcess) -> float:
    """Return what the process holds now, in MiB."""
    return _status(process, "VmRSS")


def _status(process: PlatformProcess, field: str) -> float:
    lines = Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def descriptors(process: PlatformProcess) -> int:
    """Return how many files and connections the process has open."""
    return len(os.listdir(f"/proc/{process.process.pid}/fd"))


def slope(values: Sequence[float]) -> float:
    """Return the least-squares slope of values that are one unit apart."""
    return statistics.linear_regression(range(len(values)), values).slope


def test_a_soak_keeps_memory_and_descriptors_flat(cluster: ClusterUnderTest) -> None:
    warm_up, measured, rate = (900, 7_200, 100) if FULL else (40, 180, 100)
    step = 10
    load = new_load(cluster, (warm_up + measured) * rate, rate=rate)
    load.seconds = (warm_up + measured) * 2
    samples: dict[int, list[tuple[float, int]]] = {process.port: [] for process in cluster.parts.processes}

    def watch() -> None:
        for _ in range(measured // step):
            for process in cluster.parts.processes:
                samples[process.port].append((memory(process), descriptors(process)))
            time.sleep(step)
        load.is_stopped = True

    under_load(load, watch, after=warm_up * rate)
    assert_nothing_lost(cluster, load)
    for process in cluster.parts.processes:
        held, opened = zip(*samples[process.port], strict=True)
        say(
            f"soak of {measured} s at {rate} events a second, {process.role}: {held[0]:.0f} to {held[-1]:.0f} MiB"
            f" ({slope(held) * 3600 / step:+.1f} MiB an hour), {opened[0]} to {opened[-1]} descriptors"
        )
        assert held[-1] - held[0] < (16 if FULL else 8)
        assert opened[-1] - opened[0] < 16


def test_servers_that_start_together_make_one_schema_and_one_key() -> None:
    for _ in range(20 if FULL else 1):
        with new_folder() as folder, cluster_under_test(folder) as cluster:
            keys = query(cluster.dsn, "SELECT scope FROM api_keys")
            assert [row["scope"] for row in keys] == ["admin"]
            for server in cluster.servers:
                answer = server.request("GET", "/api/v1/agents", key=cluster.first.admin_key)
                assert answer.status_code == 200


def test_a_revoked_key_is_dead_at_all_servers_also_without_redis(cluster: ClusterUnderTest) -> None:
    for is_redis_up in (True, False):
        key = cluster.first.new_key("readonly")
        answer = cluster.first.api.get("keys").json()
        (key_id,) = [one["id"] for one in answer if key.startswith(one["key_prefix"])]
        for server in cluster.servers:
            assert server.request("GET", "/api/v1/agents", key=key).status_code == 200
        if not is_redis_up:
            cluster.redis.kill()
        try:
            assert cluster.first.api.delete(f"keys/{key_id}").status_code == 204
            begin = time.monotonic()
            for server in cluster.servers:

                def is_dead(server: Any = server) -> bool:
                    return bool(server.request("GET", "/api/v1/agents", key=key).status_code == 401)  # noqa: B023

                wait_until(is_dead)
            say(f"a revoked key was dead at both servers after {time.monotonic() - begin:.1f} s (bar 5)")
        finally:
            if not is_redis_up:
                cluster.redis.start()
                cluster.wait_until_connected()


def test_a_worker_stops_in_order_and_leaves_its_share_to_the_others(cluster: ClusterUnderTest) -> None:
    load = new_load(cluster, 1_000)
    worker = cluster.parts.workers[0]
    codes: list[int] = []

    def stop() -> None:
        worker.process.send_signal(signal.SIGTERM)
        codes.append(worker.process.wait(30))

    under_load(load, stop, after=300)
    try:
        assert codes == [0]
        cluster.wait_until_settled()
        cluster.assert_counted_right()
    finally:
        worker.start()
