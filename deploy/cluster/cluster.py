"""All processes of a cluster, and their order of start and end."""

import fcntl
import json
import secrets
import socket
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.nginx import Nginx
from deploy.cluster.postgres import Postgres
from deploy.cluster.process import Process, StartError, free_port, own_environment
from deploy.cluster.redis import Redis, running_redis

COMMAND = Path(sys.executable).parent / "agentsentinel"


class PlatformProcess(Process):
    """One `agentsentinel api` or `agentsentinel worker`."""

    def __init__(self, role: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.role = role
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [str(COMMAND), role, "--port", str(self.port)]
        log = folder / f"{role}-{self.port}.log"
        super().__init__(command, log, lambda: self.health == "ok", own_environment(**settings))

    @property
    def health(self) -> str:
        """What /health says: ok, degraded, or nothing while the process does not answer."""
        return self.report.get("status", "")

    @property
    def report(self) -> dict[str, str]:
        """The answer of /health; empty while the process does not answer."""
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{self.url}/health", timeout=2) as answer:
                return dict(json.load(answer))
        except (OSError, ValueError):
            return {}


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    folder: Path
    secret: str
    dsn: str
    postgres: Postgres | None
    """Its PostgreSQL, unless it uses another one."""
    redis: Redis
    servers: tuple[PlatformProcess, ...]
    workers: tuple[PlatformProcess, ...]
    nginx: Nginx | None

    @property
    def processes(self) -> tuple[PlatformProcess, ...]:
        """Its servers and workers."""
        return self.servers + self.workers

    @property
    def admin_key(self) -> str:
        """The first admin key."""
        return key_file(self.folder).read_text().strip()


def key_file(folder: Path) -> Path:
    """Return where the first admin key is written."""
    return folder / "bootstrap-key"


@contextmanager
def running_cluster(
    folder: Path,
    *,
    database_url: str | None = None,
    servers: int = 2,
    workers: int = 2,
    https_port: int | None = 0,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Run a cluster in a folder for the length of the block.

    Args:
        folder: holds data and logs; it stays, and a second start goes on with what it holds. With a PostgreSQL of the
            cluster's own its account must be able to enter the folder.
        database_url: an existing database to use; by default the cluster runs a PostgreSQL of its own.
        servers: number of API servers.
        workers: number of workers.
        https_port: port of nginx; 0 chooses a free one, None leaves nginx out.
        settings: environment variables of servers and workers.

    Raises StartError when a process does not start.
    """
    with ExitStack() as stack:
        stack.enter_context(_held(folder))
        _require_free(https_port)
        postgres = None
        if database_url is None:
            postgres = Postgres(folder / "data")
            stack.callback(postgres.stop)
            postgres.start()
        dsn = database_url or postgres.dsn  # type: ignore[union-attr]
        redis = stack.enter_context(running_redis(folder / "redis"))
        secret = _secret(folder)
        given = {
            "DATABASE_URL": dsn,
            "REDIS_URL": redis.url,
            "SECRET_KEY": secret,
            "BOOTSTRAP_KEY_FILE": str(key_file(folder)),
            "TRUSTED_PROXIES": '["127.0.0.1"]',
            **(settings or {}),
        }
        started = [PlatformProcess(role, folder, given) for role in ["api"] * servers + ["worker"] * workers]
        for process in started:
            stack.callback(process.stop)
            process.launch()
        for process in started:
            process.wait_until_ready()
        nginx = None
        if https_port is not None:
            nginx = Nginx(folder / "nginx", [process.port for process in started[:servers]], https_port)
            stack.callback(nginx.stop)
            nginx.start()
        yield Cluster(folder, secret, dsn, postgres, redis, tuple(started[:servers]), tuple(started[servers:]), nginx)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder for the length of the block. Raises StartError when another cluster runs in it."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartError(f"a cluster runs in {folder} already: stop it, or choose another --folder") from None
        yield


def _require_free(https_port: int | None) -> None:
    """Raise StartError when the port of nginx is taken, before anything is started."""
    if https_port:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", https_port))
            except (OSError, OverflowError) as error:
                raise StartError(f"port {https_port} cannot be used ({error}): choose another --port") from None


def _secret(folder: Path) -> str:
    path = folder / "secret-key"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()
