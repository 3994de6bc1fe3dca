"""Lifecycle of the embedded server: start it or adopt a running one, restart it after a crash, stop it.

The server is a child process in a session of its own and outlives this process: after a `kill -9` of this process,
other processes keep their database, and the next start adopts the running server. Whether a server runs is decided by
a query to it, never by its pid file; whether it has really ended, by a lock that all its processes hold until they end.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg

from agentsentinel.embedded import logs, settings
from agentsentinel.embedded.account import Account, account_for
from agentsentinel.embedded.binaries import programs_for
from agentsentinel.embedded.cluster import SUPERUSER, ensure_cluster
from agentsentinel.embedded.errors import EmbeddedPostgresError
from agentsentinel.embedded.layout import (
    PORT,
    SOCKET_NAME,
    Layout,
    close_socket_folder,
    open_data_dir,
    open_socket_folder,
)
from agentsentinel.embedded.locks import locked, try_lock
from agentsentinel.embedded.processes import find_children, find_postmaster

DATABASE = "agentsentinel"

_POLL_S = 0.1
_CONNECT_TIMEOUT_S = 5.0
_RELOAD_SETTINGS = "SELECT pg_reload_conf()"

# A server that exits this often in a row, with no other process in its way, will not come up by trying again.
_MAX_FAILED_LAUNCHES = 3

# Default timeout of start(): mostly for crash recovery, of 512 MB of WAL or a little more.
_START_TIMEOUT_S = 120.0

# Timeout of an immediate shutdown, which writes nothing and ends as soon as the processes have noticed it.
_IMMEDIATE_STOP_S = 10.0
_LAST_PROCESS_S = 5.0


class EmbeddedPostgres:
    """PostgreSQL 16 in a data directory.

    Safe to use from several processes at once: starts and stops of one data directory take turns.
    """

    def __init__(self, data_dir: Path) -> None:
        """Use the product's data directory, created if missing; the cluster is in its folder `postgres`."""
        self._layout = Layout(data_dir.expanduser().resolve())
        self._account: Account | None = None
        self._programs = Path()
        self._password: str | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._is_wanted = True
        self._refusal = ""

    @property
    def dsn(self) -> str:
        """URL of the database for asyncpg, libpq, and (as postgresql+asyncpg://) SQLAlchemy. It contains the password.

        asyncpg also needs `ssl=False` if the environment may contain PGSSLMODE: a URL that SQLAlchemy passes on cannot
        express that.

        Raises EmbeddedPostgresError before the first start, when there may be no password yet.
        """
        if self._password is None:
            raise EmbeddedPostgresError(
                "the embedded database has no address before it was started; call start() first"
            )
        folder = quote(str(self._layout.socket_folder), safe="/")
        # The URL names the port, since a PGPORT in the environment would select another socket.
        return f"postgresql://{SUPERUSER}:{self._password}@/{DATABASE}?host={folder}&port={PORT}"

    async def start(self, timeout: float = _START_TIMEOUT_S) -> None:  # noqa: ASYNC109 - the whole start has one budget
        """Adopt a running server or launch one, and wait until it answers; a missing cluster is created.

        Waits through crash recovery, `timeout` seconds at most. Raises EmbeddedPostgresError, with the last lines of
        the server's log, when it does not answer in time; a server that is only slow keeps starting, and the next start
        adopts it.
        """
        self._is_wanted = True
        await self._start(time.monotonic() + timeout)

    async def ensure_running(self) -> bool:
        """Restart the server if its main process was killed; return whether it was.

        Cheap while the server runs: it checks the process, without a query. A supervisor calls it every second or so;
        after stop() it does nothing. Raises as start() does, and may be called again, for example after a full disk has
        space again.
        """
        logs.prune(self._layout.log_folder)
        if not self._is_wanted or (self._account and self._postmaster(self._account)):
            return False
        return await self._start(time.monotonic() + _START_TIMEOUT_S)

    async def stop(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - time for the clean way, then the quick one
        """Shut the server down, adopted or launched here; do nothing if none runs.

        Open transactions are rolled back and all data is flushed (a fast shutdown). After `timeout` seconds it is
        stopped immediately instead, and the next start replays the WAL. No committed data is lost either way. Raises
        EmbeddedPostgresError when even that fails.
        """
        self._is_wanted = False
        if not self._layout.cluster.exists():
            return
        async with locked(self._layout.start_lock, time.monotonic() + timeout):
            account = account_for(self._layout.cluster)
            await self._shut_down(account, timeout)
            self._kill_orphans(account)
            await self._wait_for_the_last_process()
            close_socket_folder(self._layout)

    async def _start(self, deadline: float) -> bool:
        """Start the server; return True if it had to be launched, and False if a running one was adopted."""
        try:
            account = await asyncio.to_thread(self._open)
            async with locked(self._layout.start_lock, deadline):
                return self._is_wanted and await self._start_alone(account, deadline)
        except OSError as error:
            message = f"cannot start the database in {self._layout.data_dir}: {error}"
            raise EmbeddedPostgresError(message) from error

    async def _start_alone(self, account: Account, deadline: float) -> bool:
        changed = await _to_the_end(self._prepare, account, max(1.0, deadline - time.monotonic()))
        launched = await self._bring_up(account, deadline)
        if changed and not launched:
            await self._execute(DATABASE, _RELOAD_SETTINGS)
        return launched

    def _open(self) -> Account:
        account = account_for(self._layout.cluster)
        open_data_dir(self._layout, account)
        return account

    def _prepare(self, account: Account, timeout: float) -> bool:
        """Prepare the files before the server runs; return whether the settings differ from those of the last start."""
        self._programs = programs_for(account, self._layout.programs)
        self._password = ensure_cluster(self._layout, account, self._programs, timeout)
        open_socket_folder(self._layout, account)
        self._account = account
        text = settings.render(self._layout, self._programs, settings.available_memory())
        return settings.write(text, self._layout.settings)

    async def _bring_up(self, account: Account, deadline: float) -> bool:
        launches = 0
        while not await self._answers():
            if time.monotonic() > deadline:
                raise self._failure("PostgreSQL does not answer yet; it may still be recovering, so try again")
            if self._postmaster(account) is None:
                if launches >= _MAX_FAILED_LAUNCHES:
                    raise self._failure("PostgreSQL does not start")
                launches += self._launch(account)
            await asyncio.sleep(_POLL_S)
        return launches > 0

    def _launch(self, account: Account) -> bool:
        """Launch the server; return False while processes of the previous one still run, which end by themselves."""
        self._kill_orphans(account)
        life_lock = try_lock(self._layout.life_lock)
        if life_lock is None:
            return False
        try:
            self._remove_leftovers()
            output = os.open(self._layout.start_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            try:
                postgres = self._programs / "bin" / "postgres"
                self._child = account.spawn([postgres, "-D", self._layout.cluster], output, inherit=life_lock)
            finally:
                os.close(output)
        finally:
            os.close(life_lock)  # this process's copy; the server has inherited its own
        return True

    def _remove_leftovers(self) -> None:
        """Remove the pid file and socket of a dead server.

        PostgreSQL would do so itself, unless the dead server's pid now belongs to an unrelated process of the same
        user, or to a zombie that is never reaped: then it would refuse to start.
        """
        folder = self._layout.socket_folder
        for path in (self._layout.cluster / "postmaster.pid", folder / SOCKET_NAME, folder / f"{SOCKET_NAME}.lock"):
            path.unlink(missing_ok=True)

    def _kill_orphans(self, account: Account) -> None:
        """Kill connections and helpers whose server died: a long query would block the next server until its end.

        That is safe, since without a server, crash recovery undoes all that they could still do.
        """
        if self._postmaster(account) is None:
            for pid in find_children(settings.cluster_name(self._layout.cluster), account.uid):
                _send(pid, signal.SIGKILL)

    def _postmaster(self, account: Account) -> int | None:
        if self._child and self._child.poll() is None:
            return self._child.pid
        return find_postmaster(self._layout.cluster, account.uid)

    async def _answers(self) -> bool:
        """Tell whether a server answers queries on the socket; create the database if the cluster is new."""
        try:
            await self._execute(DATABASE, "SELECT 1")
        except asyncpg.InvalidCatalogNameError:
            return await self._create_database()
        except asyncpg.TooManyConnectionsError:
            return True
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedPostgresError(
                f"the password in {self._layout.password} is not the one of the database in {self._layout.cluster}; "
                "restore that file from your backup"
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # OSError: TimeoutError too
            self._refusal = f"{type(error).__name__}: {error}"
            return False
        return True

    async def _create_database(self) -> bool:
        await self._execute("postgres", f"CREATE DATABASE {DATABASE}")
        return True

    async def _execute(self, database: str, query: str) -> None:
        connection = await asyncpg.connect(
            host=str(self._layout.socket_folder),
            port=PORT,
            user=SUPERUSER,
            password=self._password,
            database=database,
            ssl=False,  # a PGSSLMODE for another server would prevent this connection
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=_CONNECT_TIMEOUT_S,
        )
        try:
            await connection.execute(query)
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT_S)

    async def _shut_down(self, account: Account, patience: float) -> None:
        pid = self._postmaster(account)
        if pid is None:
            return
        for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, _IMMEDIATE_STOP_S)):
            _send(pid, number)
            if await self._is_gone(account, pid, seconds):
                return
        raise EmbeddedPostgresError(f"PostgreSQL (process {pid}) does not stop; end it with `kill -9 {pid}`")

    async def _is_gone(self, account: Account, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._postmaster(account) == pid:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    async def _wait_for_the_last_process(self) -> None:
        """Wait for the log collector, which outlives the server until it has written the last lines of all others."""
        with suppress(EmbeddedPostgresError):
            async with locked(self._layout.life_lock, time.monotonic() + _LAST_PROCESS_S):
                return

    def _failure(self, what: str) -> EmbeddedPostgresError:
        words = logs.last_lines(self._layout.start_log, self._layout.log_folder)
        return EmbeddedPostgresError(
            f"{what} (data directory {self._layout.data_dir}; last answer {self._refusal}). Its last words:\n{words}"
        )


async def _to_the_end(prepare: Callable[[Account, float], bool], account: Account, seconds: float) -> bool:
    """Run `prepare` in a thread, and wait for it even when cancelled, since the caller's lock must cover all of it."""
    work = asyncio.ensure_future(asyncio.to_thread(prepare, account, seconds))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
