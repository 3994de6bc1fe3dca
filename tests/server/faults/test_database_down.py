"""Without its database the server says so, quickly, and takes up its work by itself when the database is back."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from agentsentinel.embedded import EmbeddedPostgres
from ports import free_port
from server.faults.embedded_platform import frozen, new_folder, postgres_pids, say, wait_until
from server.faults.load import Answer, Caller, Wire, new_callers
from server.otlp.support import json_request, json_span, rejected, send
from server.support import SECRET, Server, environment, event, launch

HANG_CONNECTIONS = 50
RECOVERY_SECONDS = 10.0
READS = ("/agents", "/events", "/keys", "/agents/{agent_id}", "/agents/{agent_id}/score", "/agents/{agent_id}/findings")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


class Outage:
    """A server, and the database of its own that can be taken from it."""

    def __init__(self, folder: Path) -> None:
        self._data_dir = folder / "db"
        self._postgres = EmbeddedPostgres(self._data_dir)
        asyncio.run(self._postgres.start())
        port = free_port()
        env = environment(DATABASE_URL=self._postgres.dsn, SECRET_KEY=SECRET, LOG_LEVEL="WARNING")
        self.log = folder / "server.log"
        self.server: Server = launch(["up", "--port", str(port)], port, self.log, self._postgres.dsn, env)
        self.caller: Caller = new_callers(self.server, 1)[0]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Shut the database down for the duration of the block."""
        asyncio.run(self._postgres.stop())
        try:
            yield
        finally:
            asyncio.run(self._postgres.start())

    @contextmanager
    def hung(self) -> Iterator[None]:
        """No process of the database moves while the block runs."""
        with frozen(postgres_pids(self._data_dir)):
            yield

    def get(self, path: str) -> httpx2.Response:
        """Send a request with the admin key; below /api/v1 unless it is about health."""
        return self.server.request("GET", path, self.server.admin_key)

    def reads(self) -> list[str]:
        """Return the paths of ordinary reads."""
        return [f"/api/v1{path.format(agent_id=self.caller.agent_id)}" for path in READS]

    def post_event(self) -> httpx2.Response:
        """Report an event."""
        return self.server.request("POST", "/api/v1/events", self.caller.key, json=event(self.caller.agent_id))

    def is_well(self) -> bool:
        """Whether events and reads are served."""
        return self.post_event().status_code == 201 and all(self.get(path).status_code == 200 for path in self.reads())

    def end(self) -> None:
        """Stop both."""
        self.server.stop()
        asyncio.run(self._postgres.stop(timeout=5))


@pytest.fixture(scope="module")
def outage() -> Iterator[Outage]:
    with new_folder() as folder:
        outage = Outage(folder)
        yield outage
        outage.end()


def test_without_its_database_every_request_is_refused_quickly_and_health_says_why(outage: Outage) -> None:
    assert outage.is_well()
    with outage.stopped():
        for request in (outage.post_event, *(lambda path=path: outage.get(path) for path in outage.reads())):
            assert_unavailable(request())
        assert_degraded(outage)
    took = wait_until(outage.is_well, RECOVERY_SECONDS, "served again")
    say(f"served again {took:.1f} s after the database was back")
    assert outage.get("/health").json()["status"] == "ok"
    assert outage.get("/readyz").status_code == 200


def test_an_unknown_key_is_not_called_invalid_while_the_database_is_down(outage: Outage) -> None:
    """A 401 would make a client give up, although the key cannot be checked while the database is down."""
    with outage.stopped():
        answer = outage.server.request("GET", "/api/v1/agents", "as_ro_" + "0" * 64)
        assert answer.status_code == 503
    wait_until(outage.is_well, RECOVERY_SECONDS, "served again")


def test_spans_are_to_be_sent_again_while_the_database_is_down_and_are_stored_once(outage: Outage) -> None:
    body = json_request(json_span("from a span"))

    def export() -> httpx2.Response:
        return send(outage.server, outage.caller.key, body)

    assert outage.is_well()
    for away in (outage.stopped, outage.hung):
        with away():
            answer = export()
            assert (answer.status_code, answer.json()["code"]) == (503, 14)
            assert int(answer.headers["retry-after"]) >= 1
        wait_until(outage.is_well, RECOVERY_SECONDS, "served again")
    for _ in range(2):
        assert rejected(export()) == (0, "")
    events = outage.get(f"/api/v1/events?agent_id={outage.caller.agent_id}&limit=200").json()
    assert [one["tool_name"] for one in events].count("from a span") == 1


def test_an_outage_does_not_fill_the_log_with_tracebacks(outage: Outage) -> None:
    size = outage.log.stat().st_size
    with outage.stopped():
        for path in outage.reads() * 3:
            assert outage.get(path).status_code == 503
    wait_until(outage.is_well, RECOVERY_SECONDS, "served again")
    assert "Traceback" not in outage.log.read_text()[size:]


def test_a_hung_database_holds_no_request_for_long_and_leaves_health_alone(outage: Outage) -> None:
    assert outage.is_well()
    with outage.hung():
        answers, probes = asyncio.run(ask_all_at_once(outage))
        say(f"hung: slowest answer {max(a.seconds for a in answers):.1f} s of {len(answers)}")
        say(f"hung: slowest /health {max(p.seconds for p in probes):.2f} s of {len(probes)}")
        assert {answer.status for answer in answers} == {503}
        assert all("retry-after" in answer.headers for answer in answers)
        assert {(probe.status, json.loads(probe.body)["status"]) for probe in probes} == {(200, "degraded")}
        assert len(probes) > 1  # it answers again and again while the others wait
        assert_degraded(outage)
    took = wait_until(outage.is_well, RECOVERY_SECONDS, "served again")
    say(f"hung: served again after {took:.1f} s")
    answers = asyncio.run(ask_at_once(outage, HANG_CONNECTIONS))
    assert {answer.status for answer in answers} <= {200, 201}


async def ask_all_at_once(outage: Outage) -> tuple[list[Answer], list[Answer]]:
    """Events and reads on many connections, and meanwhile /health again and again."""
    asking = asyncio.create_task(ask_at_once(outage, HANG_CONNECTIONS))
    probes = []
    wire = Wire(outage.server.url)
    while not asking.done():
        probes.append(await wire.request("GET", "/health"))
        await asyncio.sleep(0.2)
    wire.close()
    return await asking, probes


async def ask_at_once(outage: Outage, connections: int) -> list[Answer]:
    reads = outage.reads()
    body = json.dumps(event(outage.caller.agent_id)).encode()

    async def ask(number: int) -> Answer:
        if number % 2:
            wire = Wire(outage.server.url, outage.caller.key)
            return await wire.request("POST", "/api/v1/events", body)
        wire = Wire(outage.server.url, outage.server.admin_key)
        return await wire.request("GET", reads[number // 2 % len(reads)])

    return await asyncio.gather(*(ask(number) for number in range(connections)))


def assert_degraded(outage: Outage) -> None:
    health = outage.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert outage.get("/livez").status_code == 200
    assert_unavailable(outage.get("/readyz"))


def assert_unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["status"] == 503
