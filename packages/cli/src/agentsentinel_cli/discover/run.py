"""Runs the vectors of one discovery, and keeps what is found so that an interrupted run shows it."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from agentsentinel_cli.discover.connections import Sockets, read_sockets
from agentsentinel_cli.discover.merge import merge
from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery
from agentsentinel_cli.discover.ports import DEFAULT_PORTS
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_core.light_dataclasses import dataclass

if TYPE_CHECKING:
    from agentsentinel_cli.discover.probes import Identification
    from agentsentinel_cli.discover.subnet import SubnetScan
    from agentsentinel_cli.discover.subnet_range import Network

_TICK_SECONDS = 0.1
_INSTALL = 'pip install --find-links dist "agentsentinel-cli[discover]"'


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run looks at."""

    has_processes: bool = True
    has_network: bool = True
    subnet: "Network | None" = None
    ports: tuple[int, ...] | None = None
    """Ports of `--ports`; None for the sockets that the system lists and the usual ports."""
    path: str | None = None
    has_docker: bool = False
    has_kubernetes: bool = False
    has_clients: bool = False

    @property
    def vectors(self) -> tuple[str, ...]:
        """Names of the vectors for the title of the report."""
        names = {
            "processes": self.has_processes,
            "network": self.has_network,
            f"subnet ({self.subnet})": self.subnet is not None,
            f"files ({self.path})": self.path is not None,
            "docker": self.has_docker,
            "kubernetes": self.has_kubernetes,
            "clients": self.has_clients,
        }
        return tuple(name for name, is_wanted in names.items() if is_wanted)

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources of agents, one section of the report each."""
        wanted = {
            "process": self.has_processes,
            "network": self.has_network,
            "subnet": self.subnet is not None,
            "file": self.path is not None,
            "docker": self.has_docker,
            "kubernetes": self.has_kubernetes,
            "client": self.has_clients,
        }
        return tuple(source for source, is_wanted in wanted.items() if is_wanted)


Vector = Callable[["Run"], None]
"""A vector that blocks; it runs in a thread and asks `Run.is_stopped` as it goes."""


class Run:
    """One discovery.

    Args:
        plan: what to look at.
        tell: called with the progress of a subnet scan.
    """

    def __init__(self, plan: Plan, tell: Callable[[int, int], None] = lambda done, count: None) -> None:
        self.plan = plan
        self._tell = tell
        self._stop = threading.Event()
        self._agents: list[DiscoveredAgent] = []
        self._parents: dict[int, int] = {}
        self._notices: list[str] = []
        self._looked = False
        self._subnet: SubnetScan | None = None
        self._identification: Identification | None = None

    def is_stopped(self) -> bool:
        """Whether the run was interrupted."""
        return self._stop.is_set()

    def add(self, agent: DiscoveredAgent) -> None:
        """Keep an agent."""
        self._agents.append(agent)

    def looked(self) -> None:
        """Keep that a vector could look."""
        self._looked = True

    def note(self, text: str) -> None:
        """Keep a line about what could not be looked at."""
        if text not in self._notices:
            self._notices.append(text)

    def execute(self) -> Discovery:
        """Run all vectors and return what they have found; Ctrl-C ends the run with what there is."""
        # The loop of sockets: on Windows, the other one cannot watch sockets that this program connects.
        loop = asyncio.SelectorEventLoop()
        try:
            with _interrupts(self._stop.set):
                loop.run_until_complete(self._all())
        finally:
            loop.close()
        agents = [assessed(agent) for agent in merge(self._agents, self._parents)]
        stats = self._subnet.stats if self._subnet is not None else None
        return Discovery(
            self.plan.vectors,
            self.plan.sources,
            agents,
            self._notices,
            stats,
            is_partial=self.is_stopped(),
            is_blind=not self._looked,
        )

    async def _all(self) -> None:
        sockets = self._sockets()
        vectors: list[Coroutine[Any, Any, None]] = []
        if self.plan.has_processes:
            vectors.append(self._in_thread(lambda: self._find_processes(sockets)))
        if self.plan.has_network:
            vectors.append(self._find_servers(sockets))
        if self.plan.subnet is not None:
            vectors.append(self._scan_subnet(self.plan.subnet))
        vectors += [self._in_thread(partial(vector, self)) for vector in self._blocking()]
        working = {asyncio.ensure_future(vector) for vector in vectors}
        try:
            waiting = working
            while waiting and not self.is_stopped():
                # Ctrl-C only sets a flag: nothing that runs here is cut in the middle.
                done, waiting = await asyncio.wait(waiting, timeout=_TICK_SECONDS)
                for task in done:
                    task.result()
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    def _blocking(self) -> Sequence[Vector]:
        """Return the other vectors that are wanted; their modules are loaded only then."""
        found: list[Vector] = []
        if self.plan.path is not None:
            from agentsentinel_cli.discover.files import find_in_files

            found.append(lambda run: find_in_files(self.plan.path or ".", run))
        if self.plan.has_docker:
            from agentsentinel_cli.discover.docker import find_containers

            found.append(find_containers)
        if self.plan.has_kubernetes:
            from agentsentinel_cli.discover.kubernetes import find_pods

            found.append(find_pods)
        if self.plan.has_clients:
            found.append(_find_clients)
        return found

    def _sockets(self) -> Sockets:
        try:
            import psutil
        except ModuleNotFoundError as error:
            if self.plan.has_processes:
                self.miss("processes were", error)
            return Sockets(is_complete=False)
        return read_sockets(psutil)

    def miss(self, vector: str, error: ModuleNotFoundError) -> None:
        """Keep that a vector could not look, for lack of a package."""
        package = (error.name or "a package").partition(".")[0].replace("_", "-")
        self.note(f"{vector} not looked at: {package} is not installed; {_INSTALL}")

    def _find_processes(self, sockets: Sockets) -> None:
        try:
            import psutil
        except ImportError:
            return
        from agentsentinel_cli.discover.processes import find_processes

        self.looked()
        result = find_processes(psutil, sockets, self.is_stopped, self.add)
        self._parents.update(result.parents)
        self._notices += result.notices

    async def _find_servers(self, sockets: Sockets) -> None:
        try:
            from agentsentinel_cli.discover.network import find_servers, local_servers
        except ModuleNotFoundError as error:
            self.miss("the network was", error)
        else:
            self.looked()
            servers = local_servers(sockets.listeners, self.plan.ports)
            await find_servers(servers, self.add, self._shared_identification())

    async def _scan_subnet(self, network: "Network") -> None:
        try:
            from agentsentinel_cli.discover.subnet import SubnetScan
        except ModuleNotFoundError as error:
            self.miss("the subnet was", error)
            return
        self.looked()
        self._subnet = SubnetScan(
            network, self.plan.ports or DEFAULT_PORTS, self.add, self._tell, self._shared_identification()
        )
        await self._subnet.run()

    def _shared_identification(self) -> "Identification":
        from agentsentinel_cli.discover.probes import Identification

        if self._identification is None:
            self._identification = Identification()
        return self._identification

    async def _in_thread(self, work: Callable[[], None]) -> None:
        """Run blocking work in a daemon thread, which an interrupted run leaves behind."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def run() -> None:
            error: Exception | None = None
            try:
                work()
            except Exception as raised:
                error = raised
            if not self.is_stopped():
                loop.call_soon_threadsafe(_finish, done, error)

        threading.Thread(target=run, daemon=True).start()
        await done


def _find_clients(run: Run) -> None:
    try:
        from agentsentinel_cli.discover.client_files import find_client_files
    except ModuleNotFoundError as error:
        run.miss("clients were", error)
    else:
        find_client_files(run)


def _finish(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


@contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` for Ctrl-C within the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
