"""`agentsentinel up`, `api` and `worker`: the platform in one process, or one of its processes."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from agentsentinel import __version__
from agentsentinel.app import create_asgi
from agentsentinel.audit.settings import note_settings
from agentsentinel.bootstrap import FirstStart, ensure_admin_key, show_key
from agentsentinel.commands.data_directory import DataDirectory
from agentsentinel.commands.port import explain_refusal
from agentsentinel.composition import Platform, Role, build_platform
from agentsentinel.config import ConfigError
from agentsentinel.embedded import EmbeddedPostgres, EmbeddedPostgresError
from agentsentinel.keys.secret import require_secret
from agentsentinel.kit.ids import now
from agentsentinel.schema import migrate
from agentsentinel.wire.protocol import HttpProtocol

log = structlog.get_logger(__name__)

GRACE_SECONDS = 8
IDLE_SECONDS = 75
"""How long a connection may wait for its next request.

Longer than clients and proxies keep one, 60 s for nginx and most load balancers, so that they close it: when the server
does while a request is on its way, that request fails.
"""
SUPERVISE_SECONDS = 0.5
BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn server that does not handle signals.

    uvicorn would raise them again after its shutdown, and end the process before the database stops.
    """

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call `on_started` once requests are accepted."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield


async def serve(data_directory: DataDirectory, host: str, port: int, role: Role = Role.ALL) -> None:
    """Run the platform until SIGTERM or Ctrl+C, then stop in order. Raises ConfigError when it cannot start.

    A SIGTERM during the start cancels it, which stops what was started already, as Ctrl+C does by itself.
    """
    raise_file_limit()
    starting = cast("asyncio.Task[None]", asyncio.current_task())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)
    with data_directory.hold(), _listen(host, port) as listener:
        secret = data_directory.secret()
        _say("Starting the database" if data_directory.postgres else "Connecting to the database")
        async with data_directory.database_url() as url:
            steps = await migrate(url)
            if steps:
                _say("Brought the schema up to date")
            for line in steps:
                (log.debug if sys.stderr.isatty() else log.info)("migrated", step=line)
            platform = build_platform(data_directory.settings, url, secret, role)
            async with platform.database.transaction() as session:
                await require_secret(session, secret)
                await note_settings(session, data_directory.settings, now())
            keys = data_directory.settings.bootstrap_key_file
            first = await ensure_admin_key(platform.database, secret, keys, now()) if role.takes_events else None
            await _run(data_directory, platform, listener, first)


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    """Return the uvicorn settings that the platform uses, and the reference server of `make bench` too."""
    return uvicorn.Config(
        app,
        loop="none",
        http=HttpProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,  # `auth/addresses.py` reads them, for trusted proxies only
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def spare_the_collector() -> None:
    """Exclude the objects that exist now from garbage collection, and start it for the others, but less often.

    Modules and counters live as long as the process, so walking them finds nothing. Objects of requests are freed by
    reference counting; cycles are rare, so the search for them can be rare, too.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def raise_file_limit() -> None:
    """Raise the limit of open files and connections from a shell's default of 1,024 to the hard limit."""
    try:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):  # macOS reports an infinite hard limit, and then refuses to set it
        log.debug("file_limit_kept")


async def _run(
    data_directory: DataDirectory, platform: Platform, listener: socket.socket, first: FirstStart | None
) -> None:
    announce = partial(_announce, data_directory, platform.role, listener, first)
    server = Server(uvicorn_config(create_asgi(platform)), announce)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        platform.feed.close()
        platform.enforcement_watch.close()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    watch = asyncio.create_task(_supervise(data_directory.postgres)) if data_directory.postgres else None
    spare_the_collector()
    try:
        await server.serve(sockets=[listener])
    finally:
        if watch is not None:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
    if not server.started:
        if first is not None and first.key is not None:
            show_key(first.key)  # its digest is in the database already, and the key cannot be shown later
        raise ConfigError("The server did not start; the log above says why")


async def _supervise(postgres: EmbeddedPostgres) -> None:
    """Check the embedded database every `SUPERVISE_SECONDS`, and restart it when its processes were killed."""
    while True:
        try:
            if await postgres.ensure_running():
                log.warning("database_restarted")
        except EmbeddedPostgresError as error:
            log.error("database_restart_failed", error=str(error))
        await asyncio.sleep(SUPERVISE_SECONDS)


@contextlib.contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """Open the listening socket before anything is started. Raises ConfigError when the port cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise ConfigError(explain_refusal(host, port, error)) from None
        listener.setblocking(False)
        yield listener
    finally:
        listener.close()


def _say(progress: str) -> None:
    """Print progress for people who wait at a terminal; nothing if stderr is not one."""
    if sys.stderr.isatty():
        print(f"{progress} ...", file=sys.stderr, flush=True)  # noqa: T201


def _announce(data_directory: DataDirectory, role: Role, listener: socket.socket, first: FirstStart | None) -> None:
    """Print the addresses of the platform; the key of a first start comes last, where it does not scroll away."""
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    address = f"http://{shown}:{port}"
    data_directory.note_address(address)
    address = (data_directory.settings.public_url or address).rstrip("/")
    if role is Role.WORKER:
        print(f"AgentSentinel {__version__} worker\n  Health    {address}/health", file=sys.stderr, flush=True)  # noqa: T201
        return
    lines = [
        f"AgentSentinel {__version__}",
        f"  Dashboard {address}/",
        f"  API       {address}/api/v1",
        f"  Data      {data_directory.data_dir if data_directory.postgres else 'DATABASE_URL'}",
        "  Stop      Ctrl+C",
    ]
    if first is None:
        lines.append("  Sign in   with a key, or a link from: agentsentinel sign-in-link")
        lines.append("  Lost key  agentsentinel keys create --scope admin --name me")
    elif first.key is None:
        lines.append(f"  Key       {data_directory.settings.bootstrap_key_file}")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201
    if first is not None and first.key is not None:
        show_key(first.key)
        # After the #, so that it reaches no server's log and no Referer header.
        link = f"  Sign in   once, within the hour:\n  {address}/sign-in#{first.link_token}"
        print(f"  Use it    export AGENTSENTINEL_API_KEY=...\n{link}", file=sys.stderr, flush=True)  # noqa: T201
