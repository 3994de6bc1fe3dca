"""The embedded server's life, on real PostgreSQL."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.embedded import EmbeddedPostgres, EmbeddedPostgresError, settings
from agentsentinel.embedded.processes import recorded_pid
from patience import PATIENCE_SECONDS
from server.embedded.support import Server, as_root, mode, query_value

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

START_AND_PRINT_ADDRESS = """
import asyncio, sys
from pathlib import Path
from agentsentinel.embedded import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1]))
asyncio.run(postgres.start(60))
print(postgres.dsn)
"""


@pytest.fixture
def stranger(server: Server) -> Iterator[int]:
    """Run an unrelated process as the server's user, as after the server's pid was reused."""
    identity = {} if os.geteuid() == server.uid else {"user": server.uid}
    process = subprocess.Popen(["/bin/sleep", "60"], **identity)  # type: ignore[call-overload]
    yield process.pid
    process.kill()
    process.wait()


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

    deadline = time.monotonic() + PATIENCE_SECONDS
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
    results = [start.communicate(timeout=PATIENCE_SECONDS) for start in starts]

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
