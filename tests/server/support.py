"""What server tests need: databases of their own, and the real server as a process."""

import asyncio
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import httpx2

from agentsentinel.config import async_database_url
from agentsentinel.schema import migrate
from patience import PATIENCE_SECONDS
from ports import free_port

SECRET = "a-secret-for-tests-of-64-characters-0123456789abcdef0123456789abcd"
HASH = "ab" * 32
START_SECONDS = 120.0


def new_database(dsn: str) -> str:
    """Create a database with the newest schema in the server of `dsn` and return its address.

    It is a copy of one that is migrated once in a run: the steps themselves take longer than most tests.
    """
    if query(dsn, "SELECT FROM pg_available_extensions WHERE name = 'timescaledb'"):
        made = empty_database(dsn)  # cannot be copied: a worker of the extension stays connected to it
        asyncio.run(migrate(async_database_url(made)))
        return made
    return empty_database(dsn, template=_migrated_template(dsn))


def empty_database(dsn: str, template: str = "template1") -> str:
    """Create a database without any schema, or a copy of the template, in the server of `dsn`; returns its address."""
    made = _sibling(dsn, uuid4().hex)
    query(dsn, f"CREATE DATABASE {_name(made)} TEMPLATE {template}")
    return made


def _migrated_template(dsn: str) -> str:
    """Return the name of the server's database with the newest schema; made by whoever needs it first."""
    ready = _name(_sibling(dsn, "template"))
    with (Path(os.environ["AGENTSENTINEL_TEST_RUN"]) / "template-lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not query(dsn, "SELECT FROM pg_database WHERE datname = $1", ready):
            made = empty_database(dsn)
            asyncio.run(migrate(async_database_url(made)))
            query(dsn, f"ALTER DATABASE {_name(made)} RENAME TO {ready}")
    return ready


def _sibling(dsn: str, name: str) -> str:
    """Return the address of a database of this run, which drops them in a server that is not its own."""
    run = Path(os.environ["AGENTSENTINEL_TEST_RUN"]).name.replace("-", "_")
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{run}_{name}"))


def _name(dsn: str) -> str:
    """Return the name of the database of an address."""
    return urlsplit(dsn).path[1:]


def query(dsn: str, sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Rows of a query, on a connection of its own."""

    async def fetch() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(dsn)
        try:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    return asyncio.run(fetch())


def insert_agent(dsn: str) -> UUID:
    """Insert an agent into a database that no server uses."""
    agent_id = uuid4()
    query(
        dsn,
        "INSERT INTO agents (id, name, agent_type, model, owner_team, status, created_at, updated_at)"
        " VALUES ($1, 'a', 'llm_agent', 'unknown', 'unassigned', 'WATCH', now(), now())",
        agent_id,
    )
    return agent_id


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without any setting of the product, plus `settings`."""
    foreign = (
        "DATABASE_URL",
        "SECRET_KEY",
        "SENTINEL_",
        "POSTGRES_",
        "BOOTSTRAP_",
        "AGENTSENTINEL_",
        "POSTURE_",
        "REDIS_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept["AGENTSENTINEL_ENV_FILE"] = ""  # a .env of the checkout is its owner's
    return {**kept, **settings}


COMMAND = str(Path(sys.executable).parent / "agentsentinel")


@dataclass
class Server:
    """A running `agentsentinel up`."""

    process: subprocess.Popen[bytes]
    url: str
    dsn: str
    log: Path
    admin_key: str
    _client: httpx2.Client | None = field(default=None, repr=False)
    _plain: httpx2.Client | None = field(default=None, repr=False)

    @property
    def api(self) -> httpx2.Client:
        """A client with the admin key; paths are relative to /api/v1."""
        if self._client is None:
            headers = {"X-API-Key": self.admin_key}
            self._client = httpx2.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=20, trust_env=False)
        return self._client

    def request(self, method: str, path: str, key: str | None = None, **kwargs: Any) -> httpx2.Response:
        """Send a request to any path, with any key or none."""
        if self._plain is None:
            self._plain = httpx2.Client(base_url=self.url, timeout=20, trust_env=False)
        headers = {**kwargs.pop("headers", {}), **({"X-API-Key": key} if key is not None else {})}
        return self._plain.request(method, path, headers=headers, **kwargs)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, for a raw socket."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def is_healthy(self) -> bool:
        """Whether /health says ok."""
        return bool(self.request("GET", "/health").json()["status"] == "ok")

    def new_agent(self, **fields: Any) -> str:
        """Register an agent; returns its id."""
        answer = self.api.post("agents", json={"name": f"agent-{uuid4().hex[:8]}", **fields})
        assert answer.status_code == 201, answer.text
        agent_id: str = answer.json()["id"]
        return agent_id

    def new_key(self, scope: str, agent_id: str | None = None) -> str:
        """Make a key; returns its text."""
        answer = self.api.post("keys", json={"name": f"test-{scope}", "scope": scope, "agent_id": agent_id})
        assert answer.status_code == 201, answer.text
        key: str = answer.json()["key"]
        return key

    @contextmanager
    def sign_in(self, key: str) -> Iterator[httpx2.Client]:
        """Return a client like a browser, signed in with a key; paths are relative to /api/v1."""
        headers = {"X-AgentSentinel-Dashboard": "1", "Sec-Fetch-Site": "same-origin"}
        base_url = f"{self.url}/api/v1/"
        with httpx2.Client(base_url=base_url, headers=headers, timeout=20, trust_env=False) as client:
            answer = client.post("session", json={"key": key})
            assert answer.status_code == 201, answer.text
            yield client

    @contextmanager
    def stream(self, path: str, key: str, headers: Mapping[str, str] = {}) -> Iterator[Iterator[str]]:
        """Yield the lines of a stream, as they arrive."""
        headers = {**headers, "X-API-Key": key}
        with httpx2.stream(
            "GET", self.url + path, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
        ) as answer:
            assert answer.status_code == 200, answer.status_code
            yield answer.iter_lines()

    def report(self, agent_id: str, tool_name: str = "crm_search", **fields: Any) -> dict[str, Any]:
        """Report one event; returns the answer."""
        answer = self.api.post("events", json=event(agent_id, tool_name, **fields))
        assert answer.status_code == 201, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def wait_until_erased(self, agent_id: str) -> None:
        """Wait until nothing of a removed agent is stored any more."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while query(self.dsn, "SELECT FROM agents WHERE id = $1", agent_id):
            assert time.monotonic() < deadline, "the removed agent is still there"
            time.sleep(0.2)

    def wait_for_score(self, agent_id: str, events: int, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait until the agent's score includes this number of events; returns the agent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            rows = query(self.dsn, "SELECT scored_events FROM agents WHERE id = $1", agent_id)
            if rows and rows[0]["scored_events"] >= events:
                agent: dict[str, Any] = self.api.get(f"agents/{agent_id}").json()
                return agent
            time.sleep(0.05)
        raise AssertionError(f"not scored within {seconds} s")

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit code."""
        for client in (self._client, self._plain):
            if client is not None:
                client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)


def event(agent_id: str, tool_name: str = "crm_search", **fields: Any) -> dict[str, Any]:
    """Return a valid event."""
    return {"agent_id": agent_id, "tool_name": tool_name, "input_hash": HASH, "output_hash": HASH, **fields}


MANY_EVENTS = """
INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, status,
                          anomaly_score, session_id)
SELECT gen_random_uuid(), now() - n * interval '1 ms', now(), $1, 'search', '', '', 'ok', 0, 'session ' || n / 100
FROM generate_series(1, $2::int) n
"""
"""So many events of an agent, a millisecond apart and a hundred to a session, without counters."""

INTERNALS = ("Traceback", "sqlalchemy", "asyncpg", "site-packages", ".py", "SELECT ", "INSERT ", "/usr/", "/root/")
PROBLEM_BYTES = 64 * 1024


def assert_refused(answer: httpx2.Response, *statuses: int) -> None:
    """Check that the answer is a problem document.

    It has one of these statuses (default: any 4xx), is small, and reveals nothing of the server's internals.
    """
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert not statuses or answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    assert len(answer.content) <= PROBLEM_BYTES
    document = answer.json()
    assert document["status"] == answer.status_code
    assert all(isinstance(document[name], str) and document[name] for name in ("type", "title", "detail"))
    assert not [word for word in INTERNALS if word in answer.text]


def converse(address: tuple[str, int], *parts: bytes, quiet_seconds: float = 5.0) -> bytes:
    """Send bytes as they are on a connection of its own.

    Returns what comes back until the server closes, or says nothing for a while after its answer. A server may
    refuse and close before everything is sent.
    """
    received = b""
    with socket.create_connection(address, timeout=5.0) as connection, suppress(OSError):
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
        while data := connection.recv(65536):
            received += data
            connection.settimeout(quiet_seconds)
    return received


def start_server(dsn: str, folder: Path, *options: str, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server on a database, and wait until it answers."""
    port = free_port()
    log = folder / f"server-{port}.log"
    defaults = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "SHOW_DOCS": "true", "LOG_LEVEL": "WARNING"}
    defaults["FAILED_SIGN_INS_PER_MINUTE"] = "100000"  # the tests try many wrong keys from one address
    return launch(
        ["up", "--port", str(port), *options], port, log, dsn, environment(**{**defaults, **(settings or {})})
    )


def launch(arguments: list[str], port: int, log: Path, dsn: str, env: dict[str, str]) -> Server:
    """Start `agentsentinel` with these arguments, and wait until it answers."""
    with log.open("ab") as output:
        process = subprocess.Popen([COMMAND, *arguments], stdout=output, stderr=output, env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return Server(process, url, dsn, log, read_key(log))


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until /health says ok; fails with the log when the process ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health", timeout=2, trust_env=False).json()["status"] == "ok":
                return
        except (httpx2.HTTPError, json.JSONDecodeError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-4000:]}")


def read_key(log: Path) -> str:
    """Find the bootstrap key in a log, or return None."""
    words = [word for word in log.read_text().split() if word.startswith("as_adm_")]
    return words[-1] if words else ""


@contextmanager
def running(dsn: str, folder: Path, *options: str, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run a server for the duration of the block."""
    server = start_server(dsn, folder, *options, settings=settings)
    try:
        yield server
    finally:
        server.stop()


class Home:
    """A server that goes and comes back: the same port, the same database, the same key."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.server = start_server(dsn, folder)

    def go(self) -> None:
        self.server.stop()

    def die(self) -> None:
        self.server.process.kill()
        self.server.process.wait()

    def come_back(self) -> None:
        here = self.server
        port = int(urlsplit(here.url).port or 0)
        settings = environment(DATABASE_URL=here.dsn, SECRET_KEY=SECRET, LOG_LEVEL="WARNING")
        self.server = launch(["up", "--port", str(port)], port, here.log, here.dsn, settings)


class Wire:
    """One connection, byte by byte."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def send(self, *parts: bytes, pause: float = 0.02) -> None:
        """Send these parts, each in a packet of its own."""
        for part in parts:
            self._connection.sendall(part)
            time.sleep(pause)

    def answer(self) -> tuple[int, bytes]:
        """Read the next answer: its status and body."""
        while b"\r\n\r\n" not in self._buffer:
            self._read()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        match = re.search(rb"content-length: (\d+)", head)
        assert match, head
        length = int(match[1])
        while len(rest) < length:
            self._read()
            rest = self._buffer.partition(b"\r\n\r\n")[2]
        self._buffer = rest[length:]
        return int(head.split()[1]), rest[:length]

    def is_closed(self) -> bool:
        """Whether the server ended the connection and has nothing more to say."""
        return self._buffer == b"" and self._connection.recv(1) == b""

    def _read(self) -> None:
        data = self._connection.recv(65536)
        assert data, f"the server closed after {self._buffer[:200]!r}"
        self._buffer += data


@contextmanager
def connected(server: Server) -> Iterator[Wire]:
    """Open a raw connection to the server."""
    with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Wire(connection)


def insert_findings(dsn: str, findings: int = 600, critical: int = 202) -> None:
    """Agents with one finding each, a second apart: the oldest are open and critical, the rest decided or less bad."""
    query(
        dsn,
        """
        WITH numbered AS (
            SELECT n, lpad(to_hex(n), 12, '0') AS tail, now() - (($1::int - n) || ' seconds')::interval AS at
            FROM generate_series(1, $1::int) n
        ), added AS (
            INSERT INTO agents (id, name, agent_type, model, owner_team, status, trust_score, created_at, updated_at)
            SELECT ('00000000-0000-7000-8000-' || tail)::uuid, 'crowd-' || lpad(n::text, 4, '0'), 'llm_agent',
                   'unknown', 'team-' || n % 7, 'WATCH', CASE WHEN n % 10 > 0 THEN 40 + n % 20 END, at, at
            FROM numbered ON CONFLICT DO NOTHING
        )
        INSERT INTO findings (id, agent_id, severity, finding_type, rule_id, title, message, detail, evidence,
                              fingerprint, status, is_active, created_at, last_opened_at, updated_at)
        SELECT ('00000000-0000-7000-9000-' || tail)::uuid, ('00000000-0000-7000-8000-' || tail)::uuid,
               CASE WHEN n <= $2::int THEN 'CRITICAL' WHEN n % 2 = 0 THEN 'MEDIUM' ELSE 'LOW' END, 'POSTURE',
               CASE WHEN n <= $2::int THEN 'EXFILTRATION_PATH' WHEN n % 2 = 0 THEN 'EXCESSIVE_TOOLS'
                    ELSE 'MISSING_RATE_LIMIT' END,
               CASE WHEN n <= $2::int THEN 'Internal data can leave through this agent'
                    WHEN n % 2 = 0 THEN 'Agent holds too many tools' ELSE 'Dangerous tool has no rate limit' END,
               'A message', '', jsonb_build_array(CASE WHEN n = 1 THEN 'tool:oldest' ELSE 'tool:some_tool' END),
               repeat('0', 64), CASE WHEN n <= $2::int OR n % 3 = 0 THEN 'OPEN' ELSE 'RESOLVED' END, true, at, at, at
        FROM numbered ON CONFLICT DO NOTHING
        """,
        findings,
        critical,
    )
