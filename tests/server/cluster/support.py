"""Clusters for tests, as `make cluster` runs them, and what is read of them."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.cluster import Cluster, running_cluster
from deploy.cluster.cluster import PlatformProcess
from deploy.cluster.redis import Redis

from patience import PATIENCE_SECONDS
from server.faults import embedded_platform
from server.faults.recount import differences, stored_twice, unscored_agents
from server.support import Server, new_database

FULL = os.environ.get("FULL") == "1"
"""Whether each figure is measured in full (`make cluster-test FULL=1`), or in its short form."""


def wait_until(is_so: Callable[[], bool], what: str = "it was never so", seconds: float = PATIENCE_SECONDS) -> None:
    """Wait as long as a slow machine may need."""
    embedded_platform.wait_until(is_so, seconds, what)


@dataclass(frozen=True)
class ClusterUnderTest:
    """A running cluster, and a client with the admin key for each of its servers and workers."""

    parts: Cluster
    servers: tuple[Server, ...]
    workers: tuple[Server, ...]

    @property
    def first(self) -> Server:
        return self.servers[0]

    @property
    def second(self) -> Server:
        return self.servers[1]

    @property
    def dsn(self) -> str:
        return self.parts.dsn

    @property
    def redis(self) -> Redis:
        return self.parts.redis

    @property
    def urls(self) -> list[str]:
        """Addresses of the servers, without nginx."""
        return [server.url for server in self.servers]

    def wait_until_connected(self) -> None:
        """Wait until every process has its database and its stream."""
        try:
            wait_until(lambda: all(process.health == "ok" for process in self.parts.processes), "not all are well")
        except AssertionError as error:
            logs = "".join(f"{path.name}:\n{path.read_text()[-2_000:]}\n" for path in self.parts.folder.glob("*.log"))
            raise AssertionError(f"{error}: {[process.report for process in self.parts.processes]}\n{logs}") from None

    def wait_until_settled(self) -> None:
        """Wait until workers have read and acknowledged the whole stream."""
        wait_until(lambda: self.pending == 0 and self.lag == 0, "the stream is not read to its end")

    @property
    def pending(self) -> int:
        """How many entries are read and not acknowledged."""
        return int(self.redis.client.xpending("agent_events", "scoring")["pending"])

    @property
    def lag(self) -> int | None:
        """How many entries no worker has read."""
        (group,) = self.redis.client.xinfo_groups("agent_events")
        return None if group["lag"] is None else int(group["lag"])

    def assert_counted_right(self) -> None:
        """All counters equal a recount, nothing is stored twice, and every agent is scored."""
        assert not stored_twice(self.dsn)
        wait_until(lambda: not unscored_agents(self.dsn), "not every agent is scored")
        assert differences(self.dsn) == {}


@contextmanager
def cluster_under_test(
    folder: Path,
    postgres_dsn: str | None = None,
    *,
    workers: int = 2,
    https_port: int | None = None,
    settings: Mapping[str, str] = {},
) -> Iterator[ClusterUnderTest]:
    """Run a cluster on a new database of this PostgreSQL, or on a PostgreSQL of its own."""
    database_url = new_database(postgres_dsn) if postgres_dsn else None
    with running_cluster(
        folder, database_url=database_url, workers=workers, https_port=https_port, settings=settings
    ) as cluster:

        def client(process: PlatformProcess) -> Server:
            return Server(process.process, process.url, cluster.dsn, process.log, cluster.admin_key)

        yield ClusterUnderTest(cluster, tuple(map(client, cluster.servers)), tuple(map(client, cluster.workers)))


def metric(text: str, name: str) -> float:
    """Return the value of a metric."""
    return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])


def report_reasons(server: Server, agent_id: str, **fields: Any) -> list[dict[str, Any]]:
    """Report one more call; returns why it is unusual."""
    found: list[dict[str, Any]] = server.report(agent_id, "read_file", **fields)["reasons"]
    return found
