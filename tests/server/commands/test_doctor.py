"""`agentsentinel doctor` names what is wrong and the remedy."""

import re
import sys
import time
from pathlib import Path

import pytest

from agentsentinel.kit.ids import uuid7
from ports import free_port
from server.commands.support import FAILED, NOBODY_LISTENS, OTHER_SECRET, REFUSED, TITLES, assert_one_line
from server.faults.embedded_platform import new_platform, run_command
from server.support import SECRET, empty_database, environment, launch, new_database, query

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def test_doctor_finds_a_prepared_platform_well(postgres_dsn: str) -> None:
    dsn = new_database(postgres_dsn)
    well = run_command("doctor", DATABASE_URL=dsn, SECRET_KEY=SECRET)
    assert well.returncode == 0
    assert re.findall(r"^(\w+) +(\w+)", well.stdout, re.MULTILINE) == [
        ("OK", "secret"),
        ("OK", "disk"),
        ("OK", "database"),
        ("OK", "clock"),
        ("OK", "schema"),
        ("OK", "keys"),
        ("OK", "alerts"),
    ]


def test_doctor_names_a_missing_secret_and_how_to_make_one(postgres_dsn: str) -> None:
    ill = run_command("doctor", DATABASE_URL=empty_database(postgres_dsn))
    assert ill.returncode == FAILED
    assert "FAILED  secret    SECRET_KEY is not set" in ill.stdout
    assert "openssl rand -hex 32" in ill.stdout
    assert "WARNING schema    is not up to date" in ill.stdout


def test_doctor_names_a_database_that_cannot_be_reached_and_never_its_password() -> None:
    ill = run_command("doctor", DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=SECRET)
    assert ill.returncode == FAILED
    assert "FAILED  database  The database cannot be reached" in ill.stdout
    assert "secret-word" not in ill.stdout + ill.stderr


def test_doctor_and_migrate_may_come_before_the_first_start() -> None:
    with new_platform() as fresh:
        doctor = fresh.run("doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert fresh.run("migrate").stdout.splitlines() == TITLES
        assert fresh.postgres_pids() == []
        fresh.start()
        assert fresh.server.api.get("agents").status_code == 200


def test_another_secret_is_pointed_out_at_the_start_by_doctor_and_wherever_a_key_would_be_void(
    postgres_dsn: str, folder: Path
) -> None:
    dsn = new_database(postgres_dsn)
    right, wrong = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET}, {"DATABASE_URL": dsn, "SECRET_KEY": OTHER_SECRET}
    port = free_port()
    server = launch(["up", "--port", str(port)], port, folder / "log", dsn, environment(**right))
    assert server.stop() == 0

    assert "OK      keys      fit the secret" in run_command("doctor", **right).stdout
    ill = run_command("doctor", **wrong)
    assert ill.returncode == FAILED
    assert "FAILED  keys      were made with another SECRET_KEY: every one is refused" in ill.stdout
    assert "keys revoke --all" in ill.stdout
    for command in (
        ("up", "--port", "0"),
        ("keys", "create", "--name", "n", "--scope", "admin"),
        ("keys", "rotate", str(uuid7(time.time()))),
        ("sign-in-link",),
    ):
        refused = run_command(*command, **wrong)
        assert_one_line(refused, REFUSED, "SECRET_KEY is not the one", "Restore the former", "keys revoke --all")
        assert OTHER_SECRET not in refused.stderr
    assert query(dsn, "SELECT count(*) AS n FROM api_keys") == [{"n": 1}]
    stored = str(query(dsn, "SELECT * FROM server_facts"))
    assert SECRET not in stored
