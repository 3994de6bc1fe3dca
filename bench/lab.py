"""The place of the measurements: a temporary folder in /tmp, and the servers that run in it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import history
from bench.processes import free_port, running, undisturbed, wait_until_ok
from bench.product import Product, started
from bench.wrk import Target

AGENTS = 32


@dataclass(frozen=True)
class Pace:
    """Durations and repetitions of the measurements."""

    seconds: int = 7
    """Duration of one run of (a) and (b)."""
    short_seconds: int = 5
    """Duration of one run of a measurement with many variants."""
    rounds: int = 3
    """How often the sides take turns."""
    some_events: int = 100_000
    many_events: int = 2_000_000


QUICK = Pace(seconds=2, short_seconds=2, rounds=2, some_events=10_000, many_events=200_000)


@dataclass(frozen=True)
class Store:
    """A platform's data directory filled with events, and the agents that report to it."""

    name: str
    events: int
    agent_ids: Sequence[str]
    """Ids of all thousand agents."""
    weekly: Sequence[Target]
    """Agents whose load is not flagged."""
    daily: Sequence[Target]
    """An equal number of agents whose load is flagged as a burst, if the store has events."""


class Lab:
    """Servers, started when first asked for and stopped at the end at the latest."""

    def __init__(self, folder: Path, pace: Pace) -> None:
        self.pace = pace
        self.load_average = os.getloadavg()[0]
        self._folder = folder
        self._running: dict[str, tuple[Product, ExitStack]] = {}
        self._targets: dict[str, list[Target]] = {}
        self._stores: dict[int, Store] = {}

    def product(self, name: str) -> Product:
        """Return the platform on the data directory of this name; start it if it does not run."""
        if name not in self._running:
            with ExitStack() as stack:
                product = stack.enter_context(started(self._folder / name))
                self._running[name] = (product, stack.pop_all())
        return self._running[name][0]

    def targets(self, name: str) -> list[Target]:
        """Return the new agents of this platform, each with its key; register them on the first call."""
        if name not in self._targets:
            product = self.product(name)
            self._targets[name] = product.targets(product.register(AGENTS))
        return self._targets[name]

    def store(self, events: int) -> Store:
        """Return a store with this number of events and a thousand agents; fill it on the first call."""
        if events not in self._stores:
            name = f"store-{events}"
            product = self.product(name)
            agent_ids = product.with_database(history.fill(events))
            weekly, daily = agent_ids[:AGENTS], agent_ids[-AGENTS:]
            self._stores[events] = Store(name, events, agent_ids, product.targets(weekly), product.targets(daily))
        return self._stores[events]

    def stop(self, name: str) -> None:
        """Stop this platform and its database; the data stay."""
        self._running[name][1].close()
        del self._running[name]

    def keep(self, *names: str) -> None:
        """Stop all platforms but these: even an idle one takes a little of the machine."""
        for name in set(self._running) - set(names):
            self.stop(name)

    def close(self) -> None:
        """Stop all platforms, even if stopping one of them fails."""
        with ExitStack() as stack:
            for _, servers in self._running.values():
                stack.push(servers)

    @contextmanager
    def noop(self) -> Iterator[str]:
        """Run the bare FastAPI server for the duration of the block and yield its address."""
        port, log = free_port(), self._folder / "noop.log"
        url = f"http://127.0.0.1:{port}"
        with running([sys.executable, "-m", "bench.noop", str(port)], log) as pid:
            wait_until_ok(f"{url}/health", pid, log)
            yield url


@contextmanager
def laboratory(pace: Pace) -> Iterator[Lab]:
    """Yield a lab; afterwards nothing of it runs and nothing is left on disk."""
    folder = Path(tempfile.mkdtemp(prefix="agentsentinel-bench-", dir="/tmp"))
    try:
        folder.chmod(0o711)  # root's PostgreSQL runs as another account, which must get in
        lab = Lab(folder, pace)
        try:
            yield lab
        finally:
            with undisturbed():
                lab.close()
    finally:
        with undisturbed():
            shutil.rmtree(folder, ignore_errors=True)
