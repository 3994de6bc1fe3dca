"""A cluster: two API servers and two workers on one database and one Redis."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from patience import PATIENCE_SECONDS
from server.cluster.redis_server import RedisServer, running_redis
from server.faults import embedded_platform
from server.support import SECRET, Server, environment, free_port, launch, new_database


def wait_until(is_so: Callable[[], bool], what: str = "it was never so") -> None:
    """Wait as long as a slow machine may need."""
    embedded_platform.wait_until(is_so, PATIENCE_SECONDS, what)


class Cluster(NamedTuple):
    """Its processes; all servers know the admin key."""

    servers: tuple[Server, ...]
    workers: tuple[Server, ...]
    redis: RedisServer

    @property
    def first(self) -> Server:
        return self.servers[0]

    @property
    def second(self) -> Server:
        return self.servers[1]

    @property
    def dsn(self) -> str:
        return self.first.dsn

    def wait_until_connected(self) -> None:
        """Wait until every process has its database and its stream."""
        for process in (*self.servers, *self.workers):
            wait_until(process.is_healthy)


@contextmanager
def running_cluster(
    postgres_dsn: str, folder: Path, workers: int = 2, more: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a cluster on a database of its own."""
    dsn = new_database(postgres_dsn)
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(folder / "redis"))
        settings = {"DATABASE_URL": dsn, "REDIS_URL": redis.url, "SECRET_KEY": SECRET, "LOG_LEVEL": "INFO"}
        settings |= more or {}
        processes = []
        for name in ["api"] * 2 + ["worker"] * workers:
            port = free_port()
            log = folder / f"{name}-{port}.log"
            process = launch([name, "--port", str(port)], port, log, dsn, environment(**settings))
            stack.callback(process.stop)
            processes.append(process)
        processes[1].admin_key = processes[0].admin_key
        cluster = Cluster(tuple(processes[:2]), tuple(processes[2:]), redis)
        cluster.wait_until_connected()
        yield cluster
