"""However many servers start at once on one empty database, they make one schema and one key.

Twenty rounds: FAULT_STARTS=20 .venv/bin/pytest tests/server/faults/test_start_together.py
"""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from agentsentinel.schema import head
from patience import PATIENCE_SECONDS
from ports import free_port
from server.support import COMMAND, SECRET, empty_database, environment, new_database, query, wait_until_healthy

STARTS = int(os.environ.get("FAULT_STARTS", "1"))
SERVERS = 4
KEY = re.compile(r"as_adm_[0-9A-Za-z]{49}")


@pytest.mark.parametrize("number", range(STARTS))
def test_servers_that_start_together_make_one_key_and_migrate_once(
    postgres_dsn: str, folder: Path, number: int
) -> None:
    dsn = empty_database(postgres_dsn)
    with started_together(dsn, folder) as (urls, logs):
        keys = KEY.findall(logs())
        assert len(keys) == 1
        assert_accepted(urls, keys[0])
        assert_set_up_once(dsn, logs())
    assert "Traceback" not in logs()


def test_servers_that_start_together_write_the_key_to_a_private_file_only(postgres_dsn: str, folder: Path) -> None:
    dsn = empty_database(postgres_dsn)
    key_file = folder / "key"
    with started_together(dsn, folder, count=2, BOOTSTRAP_KEY_FILE=str(key_file)) as (urls, logs):
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        key = key_file.read_text().strip()
        assert KEY.fullmatch(key)
        assert "as_adm_" not in logs()
        assert_accepted(urls, key)
        assert_set_up_once(dsn, logs())


def test_an_existing_key_file_is_never_overwritten(postgres_dsn: str, folder: Path) -> None:
    dsn = new_database(postgres_dsn)
    key_file = folder / "key"
    key_file.write_text("somebody else's\n")
    with started_together(dsn, folder, count=1, BOOTSTRAP_KEY_FILE=str(key_file)) as (urls, logs):
        assert key_file.read_text() == "somebody else's\n"
        assert_accepted(urls, *KEY.findall(logs()))


@contextmanager
def started_together(
    dsn: str, folder: Path, count: int = SERVERS, **settings: str
) -> Iterator[tuple[list[str], "Logs"]]:
    """Servers started at the same moment, all of them healthy; they end with the block."""
    ports = [free_port() for _ in range(count)]
    logs = Logs([folder / f"{port}.log" for port in ports])
    env = environment(DATABASE_URL=dsn, SECRET_KEY=SECRET, **settings)
    processes = []
    try:
        for port, log in zip(ports, logs.paths, strict=True):
            with log.open("wb") as output:
                arguments = [COMMAND, "up", "--port", str(port)]
                processes.append(subprocess.Popen(arguments, stdout=output, stderr=output, env=env))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url, process, log in zip(urls, processes, logs.paths, strict=True):
            wait_until_healthy(url, process, log)
        yield urls, logs
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(timeout=PATIENCE_SECONDS) for process in processes]
    assert codes == [0] * count


class Logs:
    """The servers' logs, read together."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __call__(self) -> str:
        return "".join(path.read_text() for path in self.paths)


def assert_accepted(urls: list[str], key: str) -> None:
    for url in urls:
        answer = httpx2.get(f"{url}/api/v1/agents", headers={"X-API-Key": key}, timeout=10, trust_env=False)
        assert answer.status_code == 200


def assert_set_up_once(dsn: str, log: str) -> None:
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": head()}]
    names = query(dsn, "SELECT name, scope FROM api_keys WHERE is_active")
    assert names == [{"name": "bootstrap-admin", "scope": "admin"}]
    applied = re.findall(r"Running upgrade +(\d*) -> (\d+)", log)
    revisions = [f"{number:04}" for number in range(1, int(head() or 0) + 1)]
    assert applied == list(zip(["", *revisions], revisions, strict=False))
