"""`agentsentinel doctor` says in one line how the stream is, from a real Redis."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deploy.cluster.redis import Redis, running_redis

from agentsentinel.stream.event_stream import KEY
from agentsentinel.stream.scoring_group import DEAD_KEY, GROUP
from server.faults.embedded_platform import run_command
from server.support import SECRET, new_database


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture(scope="module")
def dsn(postgres_dsn: str) -> str:
    dsn = new_database(postgres_dsn)
    assert run_command("migrate", DATABASE_URL=dsn).returncode == 0
    return dsn


def line(dsn: str, url: str) -> tuple[int, str]:
    """Return doctor's exit code and what it says of the stream."""
    done = run_command("doctor", DATABASE_URL=dsn, SECRET_KEY=SECRET, REDIS_URL=url)
    assert "hidden-word" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    (number,) = [at for at, text in enumerate(lines) if " stream " in text]
    return done.returncode, " ".join(lines[number : number + 2])


def test_a_stream_that_no_worker_has_read_is_a_warning(dsn: str, redis: Redis) -> None:
    code, said = line(dsn, redis.url)
    assert code == 0
    assert said.startswith("WARNING stream    Valkey ")
    assert "agentsentinel worker" in said


def test_the_lag_of_the_workers_is_shown(dsn: str, redis: Redis) -> None:
    redis.client.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    for _ in range(3):
        redis.client.xadd(KEY, {"a": "b"})
    code, said = line(dsn, redis.url)
    assert code == 0
    assert "3 entries that no worker has read" in said
    assert said.startswith("OK ")


def test_a_large_lag_and_entries_put_aside_are_warnings(dsn: str, redis: Redis) -> None:
    redis.client.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    pipeline = redis.client.pipeline()
    for _ in range(5_001):
        pipeline.xadd(KEY, {"a": "b"})
    pipeline.execute()
    assert line(dsn, redis.url)[1].startswith("WARNING stream")
    redis.client.xadd(DEAD_KEY, {"a": "b"})
    assert "1 put aside" in line(dsn, redis.url)[1]


def test_a_redis_that_is_away_or_wants_another_password_fails_in_one_line(dsn: str, redis: Redis) -> None:
    code, said = line(dsn, "redis://:hidden-word@127.0.0.1:9/0")
    assert (code, said.startswith("FAILED  stream")) == (1, True)
    redis.client.config_set("requirepass", "another-word")
    code, said = line(dsn, redis.url.replace("redis://", "redis://:hidden-word@"))
    assert (code, said.startswith("FAILED  stream")) == (1, True)
    assert "REDIS_URL" in said


def test_something_else_on_the_port_fails_in_one_line(dsn: str) -> None:
    with impostor() as port:
        code, said = line(dsn, f"redis://127.0.0.1:{port}/0")
    assert (code, said.startswith("FAILED  stream")) == (1, True)


@contextmanager
def impostor() -> Iterator[int]:
    """Run a server that answers each connection as HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]
