"""The product under test: `agentsentinel up` with a data directory of its own."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from bench.database import JointWork, Work, on_database, run_async, stop_database
from bench.processes import cpu_seconds, free_port, own_cpu_seconds, running, undisturbed, wait_until_ok
from bench.wrk import Answers, BenchError, Load, Target, run

T = TypeVar("T")

COMMAND = Path(sys.executable).with_name("agentsentinel")
FOREIGN = (
    "DATABASE_URL",
    "SECRET_KEY",
    "SENTINEL_",
    "POSTGRES_",
    "BOOTSTRAP_",
    "AGENTSENTINEL_",
    "POSTURE_",
    "REDIS_",
    "SLACK_",
    "PYTHONDONTWRITEBYTECODE",
)
EVENT_PATH = "/api/v1/events"
BATCH_PATH = "/api/v1/events/batch"


@dataclass(frozen=True)
class Cpu:
    """CPU seconds of the server process and of its database."""

    server: float
    database: float

    def since(self, earlier: "Cpu") -> "Cpu":
        """Return the CPU time used since `earlier`."""
        return Cpu(self.server - earlier.server, self.database - earlier.database)


@dataclass(frozen=True)
class Run:
    """One run of reported events against the platform."""

    answers: Answers
    events: int
    """Events made durable during the run."""
    cpu: Cpu

    @property
    def events_per_second(self) -> float:
        """Return the durable events per second."""
        return self.events / self.answers.seconds

    @property
    def cpu_us(self) -> float:
        """Return the CPU microseconds per event, of server and database together."""
        return (self.cpu.server + self.cpu.database) / self.events * 1e6

    def __str__(self) -> str:
        """Format the raw figures in one line."""
        server_us, database_us = (used / self.events * 1e6 for used in (self.cpu.server, self.cpu.database))
        return (
            f"{self.events_per_second:,.0f} events/s, p50 {self.answers.p50_ms:.1f} ms,"
            f" p99 {self.answers.p99_ms:.1f} ms, CPU/event {server_us:.0f} us server + {database_us:.0f} us database,"
            f" wrk {self.answers.generator_cpu:.0%} of a core"
        )


class Product:
    """A running platform."""

    def __init__(self, pid: int, url: str, data_dir: Path, start_seconds: float) -> None:
        self.pid = pid
        self.url = url
        self.start_seconds = start_seconds
        self._data_dir = data_dir
        self._admin_key = _key_file(data_dir).read_text().strip()

    def register(self, agents: int) -> list[str]:
        """Register this number of agents and return their ids."""
        with self._client() as client:
            return [
                str(_created(client.post("agents", json={"name": f"bench-{number:04}"}))["id"])
                for number in range(agents)
            ]

    def targets(self, agent_ids: list[str]) -> list[Target]:
        """Create a new key for each of these agents."""
        with self._client() as client:
            return [
                Target(
                    agent_id,
                    _created(client.post("keys", json={"name": "bench", "scope": "agent", "agent_id": agent_id}))[
                        "key"
                    ],
                )
                for agent_id in agent_ids
            ]

    def as_admin(self, targets: list[Target]) -> list[Target]:
        """Return the same agents with the admin key in place of their own."""
        return [Target(target.agent_id, self._admin_key) for target in targets]

    def reader(self) -> Target:
        """Create a key that may read everything."""
        return Target("", self._admin_key)

    def stored(self) -> int:
        """Return the events made durable since the process started, by its own count."""
        name = "agentsentinel_events_stored_total "
        with self._client() as client:
            lines = client.get(f"{self.url}/metrics").text.splitlines()
        return next(int(float(line.removeprefix(name))) for line in lines if line.startswith(name))

    def report(self, load: Load) -> Run:
        """Send a load of events. Raises BenchError unless every answered event is durable."""
        stored, cpu = self.stored(), self.cpu()
        answers = run(load)
        events, used = self.stored() - stored, self.cpu().since(cpu)
        answered = answers.requests * (load.batch_size if load.kind == "batch" else 1)
        if events < answered:
            raise BenchError(f"{answered} events were answered, and {events} of them stored")
        return Run(answers, events, used)

    def cpu(self) -> Cpu:
        """Return the CPU time used so far."""
        server = own_cpu_seconds(self.pid)
        return Cpu(server, cpu_seconds(self.pid) - server)

    def with_database(self, work: Work[T]) -> T:
        """Run `work` on a connection to the platform's database."""
        return self.with_connections(1, lambda connections: work(connections[0]))

    def with_connections(self, number: int, work: JointWork[T]) -> T:
        """Run `work` on `number` connections to the platform's database."""
        return run_async(on_database(self._data_dir, work, number))

    def _client(self) -> httpx2.Client:
        headers = {"X-API-Key": self._admin_key}
        return httpx2.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=30, trust_env=False)


@contextmanager
def started(data_dir: Path, program: Path = COMMAND) -> Iterator[Product]:
    """Run the platform on this data directory for the duration of the block; its database is stopped, too."""
    data_dir.mkdir(exist_ok=True)
    data_dir.chmod(0o711)  # root's PostgreSQL runs as another account, which must get in
    port, log = free_port(), data_dir / "server.log"
    command = [str(program), "up", "--port", str(port), "--data-dir", str(data_dir)]
    url = f"http://127.0.0.1:{port}"
    try:
        began = time.monotonic()
        with running(command, log, _environment(data_dir)) as pid:
            wait_until_ok(f"{url}/health", pid, log)
            yield Product(pid, url, data_dir, time.monotonic() - began)
    finally:
        with undisturbed():
            run_async(stop_database(data_dir))


def _environment(data_dir: Path) -> dict[str, str]:
    """Return our environment without the product's settings, plus the places of the admin key and of Python's bytecode.

    Python caches bytecode unless the environment forbids it; here the cache is in the temporary folder.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    kept["PYTHONPYCACHEPREFIX"] = str(data_dir.with_name("bytecode"))
    return {**kept, "BOOTSTRAP_KEY_FILE": str(_key_file(data_dir)), "LOG_LEVEL": "WARNING"}


def _key_file(data_dir: Path) -> Path:
    return data_dir / "admin-key"


def _created(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code != 201:
        raise BenchError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body
