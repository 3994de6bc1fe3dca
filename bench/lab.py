"""Where it is measured: a folder in /tmp that goes away, and the servers that run in it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import free_port, running, wait_until_ok
from bench.product import Product, started
from bench.wrk import Target

AGENTS = 32


@dataclass(frozen=True)
class Pace:
    """How long everything takes."""

    seconds: int = 7
    """Of one run."""
    rounds: int = 3
    """How often the sides take turns."""
    many_events: int = 2_000_000


QUICK = Pace(seconds=2, rounds=2, many_events=200_000)


class Lab:
    """Servers, started when first asked for and stopped at the end."""

    def __init__(self, folder: Path, pace: Pace, stack: ExitStack) -> None:
        self.pace = pace
        self.load_average = os.getloadavg()[0]
        self._folder = folder
        self._stack = stack
        self._products: dict[str, Product] = {}
        self._targets: dict[str, list[Target]] = {}

    def product(self, name: str) -> Product:
        """A platform on a data directory of this name."""
        if name not in self._products:
            self._products[name] = self._stack.enter_context(started(self._folder / name))
        return self._products[name]

    def targets(self, name: str) -> list[Target]:
        """The agents of that platform, each with its key."""
        if name not in self._targets:
            product = self.product(name)
            self._targets[name] = product.targets(product.register(AGENTS))
        return self._targets[name]

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
        with ExitStack() as stack:
            yield Lab(folder, pace, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
