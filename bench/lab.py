"""Where it is measured: a folder in /tmp that goes away, and the servers that run in it."""

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
    """How long everything takes."""

    seconds: int = 7
    """Of one run of (a) and (b)."""
    short_seconds: int = 5
    """Of one run where there are many variants."""
    rounds: int = 3
    """How often the sides take turns."""
    some_events: int = 100_000
    many_events: int = 2_000_000


QUICK = Pace(seconds=2, short_seconds=2, rounds=2, some_events=10_000, many_events=200_000)


@dataclass(frozen=True)
class Store:
    """A platform's data directory with so many events, and who reports to it."""

    name: str
    events: int
    agent_ids: Sequence[str]
    """A thousand."""
    weekly: Sequence[Target]
    """Those whose load is as usual."""
    daily: Sequence[Target]
    """As many whose load is a burst, once there are events."""


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
        """The platform on the data directory of this name, running."""
        if name not in self._running:
            with ExitStack() as stack:
                product = stack.enter_context(started(self._folder / name))
                self._running[name] = (product, stack.pop_all())
        return self._running[name][0]

    def targets(self, name: str) -> list[Target]:
        """The new agents of that platform, each with its key."""
        if name not in self._targets:
            product = self.product(name)
            self._targets[name] = product.targets(product.register(AGENTS))
        return self._targets[name]

    def store(self, events: int) -> Store:
        """A platform that has so many events and a thousand agents, filled when first asked for."""
        if events not in self._stores:
            name = f"store-{events}"
            product = self.product(name)
            agent_ids = product.with_database(history.fill(events))
            weekly, daily = agent_ids[:AGENTS], agent_ids[-AGENTS:]
            self._stores[events] = Store(name, events, agent_ids, product.targets(weekly), product.targets(daily))
        return self._stores[events]

    def stop(self, name: str) -> None:
        """Stop that platform and its database; the data stay."""
        self._running[name][1].close()
        del self._running[name]

    def keep(self, *names: str) -> None:
        """Stop all platforms but these: even an idle one takes a little of the machine."""
        for name in set(self._running) - set(names):
            self.stop(name)

    def close(self) -> None:
        """Stop everything, whatever may go wrong on the way."""
        with ExitStack() as stack:
            for _, servers in self._running.values():
                stack.push(servers)

    @contextmanager
    def noop(self) -> Iterator[str]:
        """The address of the bare FastAPI server while the block runs."""
        port, log = free_port(), self._folder / "noop.log"
        url = f"http://127.0.0.1:{port}"
        with running([sys.executable, "-m", "bench.noop", str(port)], log) as pid:
            wait_until_ok(f"{url}/health", pid, log)
            yield url


@contextmanager
def laboratory(pace: Pace) -> Iterator[Lab]:
    """A lab; afterwards nothing of it runs and nothing is left on disk."""
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
