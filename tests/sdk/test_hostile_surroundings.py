"""What is hostile around an agent, case after case: the agent goes on, and nothing leaves by a way it should not.

Answers of every status are in `test_reporter.py` and `test_http.py`, payloads in `test_hashing.py`, the ends of
processes in `test_reporter_processes.py`, decorated functions in `test_observe.py`; here is what is left.
"""

import asyncio
import gc
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agentsentinel_sdk import (
    AsyncClient,
    Client,
    ConnectionFailed,
    InvalidArgument,
    Reporter,
    hash_payload,
    observe_tool,
)
from agentsentinel_sdk.testing import FakeSentinel, _HttpHandler, _HttpServer
from patience import PATIENCE_SECONDS
from ports import free_port

KEY = "as_adm_" + "5ecret" * 10
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9hBu8+M98qUHdbjF
xu8zNFrOEwVGuviho/HwMqMrbJyhRANCAAQnVB46ULnLSA3iE5dxNkV6sVY+V5IF
Hst1XmY1FmCU0CUDZ1+944s9sPHDTN7s7HFWKE7L494rfFNsJyU4FQo0
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUZRpDeMd4+w48ZVgOjv/btAtG0SEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTE5NDYzNloYDzIxMjYxMTAx
MTk0NjM2WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQnVB46ULnLSA3iE5dxNkV6sVY+V5IFHst1XmY1FmCU0CUDZ1+944s9
sPHDTN7s7HFWKE7L494rfFNsJyU4FQo0o2QwYjAdBgNVHQ4EFgQUJ9gt/YkhnevS
abBJ0yNruUaWi9wwHwYDVR0jBBgwFoAUJ9gt/YkhnevSabBJ0yNruUaWi9wwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQDXEbDmdORKnMP99jh5TUQH2eKCUudm8wkn9dinDo5B9wIgN5TybvrhAaC+6iMY
hXSSR5M7V+WJP1JAJELSoVZkAMM=
-----END CERTIFICATE-----
"""
"""Signed by itself, for 127.0.0.1, until the year 2126; with its key, which opens nothing."""


def echo(given: object) -> object:
    """Return a greeting, as a tool does."""
    return given


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr("agentsentinel_sdk.reporter.ATTEMPT_SECONDS", 0.5)


@contextmanager
def listener(converse: Callable[[socket.socket], object]) -> Iterator[int]:
    """Listen on a loopback port where each connection is handled by `converse`, on a thread of its own."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            converse(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def assert_kept(reporter: Reporter, problem: str) -> None:
    """Check that a call reported now does not delay the agent, does not arrive, and is kept with the reason."""
    started = time.thread_time()
    observe_tool(reporter, "t")(echo)("acme")
    assert time.thread_time() - started < 0.1
    deadline = time.monotonic() + PATIENCE_SECONDS
    while reporter.stats.problem is None or reporter.stats.spooled != 1:
        assert time.monotonic() < deadline, reporter.stats
        time.sleep(0.01)
    assert problem in (reporter.stats.problem or ""), reporter.stats
    assert (reporter.stats.delivered, reporter.stats.dropped) == (0, 0)


# --- the way to the server ------------------------------------------------------------------------------------------


def test_a_name_that_does_not_resolve_is_a_server_that_is_away() -> None:
    with Reporter(KEY, "http://no-such-host.invalid", agent_name="a") as reporter:
        assert_kept(reporter, "does not answer")


def test_a_certificate_nobody_vouches_for_is_an_error_and_the_key_never_travels(tmp_path: Path) -> None:
    heard: list[bytes] = []
    pem = tmp_path / "server.pem"
    pem.write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def converse(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            heard.append(secure.recv(65536))

    with listener(converse) as port:
        url = f"https://127.0.0.1:{port}"
        with Client(KEY, url, timeout=5) as client, pytest.raises(ConnectionFailed, match="certificate"):
            client.whoami()
        with Reporter(KEY, url, agent_name="a") as reporter:
            assert_kept(reporter, "certificate")
    assert [data for data in heard if data] == []


@contextmanager
def encrypted(tmp_path: Path, sentinel: FakeSentinel) -> Iterator[tuple[str, Path]]:
    """Run a server with its own certificate; yields its URL and the certificate's file."""
    pem = tmp_path / "server.pem"
    pem.write_text(CERTIFICATE)
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(CERTIFICATE[CERTIFICATE.index("-----BEGIN CERTIFICATE") :])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with _HttpServer(("127.0.0.1", 0), _HttpHandler) as server:
        server.sentinel = sentinel
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}", certificate
        server.shutdown()
        server.drop_connections()


def test_a_certificate_that_is_named_is_trusted_by_all_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel = FakeSentinel()
    with encrypted(tmp_path, sentinel) as (url, certificate):
        monkeypatch.setenv("SENTINEL_CA_FILE", str(certificate))
        with Client(sentinel.api_key, url, timeout=5) as client:
            assert client.whoami().scope == "admin"

        async def ask() -> str:
            async with AsyncClient(sentinel.api_key, url, timeout=5) as asynchronous:
                return (await asynchronous.whoami()).scope

        assert asyncio.run(ask()) == "admin"
        with Reporter(sentinel.api_key, url, agent_name="a") as reporter:
            assert reporter.agent_id(5)


def test_a_certificate_of_another_is_not_trusted_for_it_and_the_error_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = FakeSentinel()
    with encrypted(tmp_path, sentinel) as (url, certificate):
        with Client(KEY, url, timeout=5) as client, pytest.raises(ConnectionFailed, match="SENTINEL_CA_FILE"):
            client.whoami()
        monkeypatch.setenv("SENTINEL_CA_FILE", str(certificate))
        other_name = url.replace("127.0.0.1", "localhost")  # the certificate is for the number
        with Client(KEY, other_name, timeout=5) as client, pytest.raises(ConnectionFailed, match="certificate"):
            client.whoami()
    assert sentinel.requests == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_certificate_file_that_cannot_be_read_shows_at_once(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SENTINEL_CA_FILE", str(path))
    for make in (Client, AsyncClient, Reporter):
        with pytest.raises(InvalidArgument, match="SENTINEL_CA_FILE"):
            make(KEY, "https://127.0.0.1:9")


def test_a_server_without_encryption_is_not_spoken_to_in_clear() -> None:
    heard: list[bytes] = []
    with (
        listener(lambda connection: heard.append(connection.recv(65536))) as port,
        Reporter(KEY, f"https://127.0.0.1:{port}", agent_name="a") as reporter,
    ):
        assert_kept(reporter, "does not answer")
    assert heard
    assert not [data for data in heard if b"5ecret" in data or b"HTTP/" in data]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_a_server_that_sends_a_byte_at_a_time_is_cut_at_the_deadline(head: bytes) -> None:
    """Each byte comes within the limit for one; only the whole does not end."""
    cut: list[socket.socket] = []

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        try:
            connection.sendall(head)
            while True:
                connection.sendall(b" ")
                time.sleep(0.1)
        except OSError:
            cut.append(connection)

    with listener(drip) as port:
        url = f"http://127.0.0.1:{port}"
        with Client(KEY, url, timeout=0.5, most_attempts=1) as client, pytest.raises(ConnectionFailed, match=url):
            client.whoami()
        with Reporter(KEY, url, agent_name="a") as reporter:
            assert_kept(reporter, url)
    assert cut


def test_a_server_that_is_away_at_the_start_in_the_middle_and_at_the_end_gets_each_event_once() -> None:
    sentinel, port = FakeSentinel(KEY), free_port()
    with Reporter(KEY, f"http://127.0.0.1:{port}", agent_name="a") as reporter:
        tool = observe_tool(reporter, "t")(echo)
        for number in range(4):
            tool(f"away {number}")
            with sentinel.serve(port):
                tool(f"back {number}")
                assert reporter.flush(20), reporter.stats
        tool("away at the end")
        reporter.flush(0.1)
    with sentinel.serve(port), Reporter(KEY, f"http://127.0.0.1:{port}", agent_name="a") as later:
        later.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while later.stats.delivered < 1:
            assert time.monotonic() < deadline, later.stats
            time.sleep(0.01)
    assert len({event["input_hash"] for event in sentinel.events}) == len(sentinel.events) == 9


# --- what a tool is given and gives ---------------------------------------------------------------------------------


class Hostile:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> object:
        raise SystemError(name)

    def __repr__(self) -> str:
        raise SystemError("repr")

    __str__ = __repr__
    __hash__ = None  # type: ignore[assignment]


class HostileError(Exception):
    def __str__(self) -> str:
        raise SystemError("str")

    __repr__ = __str__


def test_a_tool_that_is_given_and_gives_hostile_objects_is_reported_and_gets_them_untouched() -> None:
    sentinel, hostile = FakeSentinel(), Hostile()
    circular: list[object] = []
    circular.append(circular)
    endless = iter(int, 1)
    with sentinel.reporter() as reporter:
        tool = observe_tool(reporter, "t")(echo)
        for given in (hostile, circular, endless, float("nan"), object(), {Hostile: hostile}):
            assert tool(given) is given
        assert next(endless) == 0
        assert reporter.flush(10)
    assert [event["status"] for event in sentinel.events] == ["ok"] * 6
    assert len({event["input_hash"] for event in sentinel.events}) == 6


def test_an_exception_that_cannot_be_put_into_words_is_raised_all_the_same() -> None:
    sentinel, error = FakeSentinel(), HostileError()

    def fail() -> None:
        raise error

    with sentinel.reporter() as reporter:
        with pytest.raises(HostileError) as caught:
            observe_tool(reporter, "t")(fail)()
        assert reporter.flush(10)
    assert caught.value is error
    assert [event["status"] for event in sentinel.events] == ["error"]


def test_a_hundred_megabytes_are_hashed_where_they_are_and_travel_as_64_digits() -> None:
    sentinel, megabyte = FakeSentinel(), "x" * 1_000_000
    payload = {"text": megabyte * 100}
    with sentinel.reporter() as reporter:
        started = time.thread_time()
        observe_tool(reporter, "t")(len)(payload)
        assert time.thread_time() - started < 5
        assert reporter.flush(10)
    (event,) = sentinel.events
    assert event["input_hash"] == hash_payload({"obj": payload})
    assert max(len(request.content) for request in sentinel.requests) < 10_000
    digest = hashlib.sha256(b'{"obj":{"text":"' + megabyte.encode() * 100 + b'"}}').hexdigest()
    assert event["input_hash"] == digest


# --- the life of objects and threads --------------------------------------------------------------------------------


def test_a_client_nobody_holds_any_more_is_collected_with_its_connections() -> None:
    sentinel = FakeSentinel()
    descriptors = Path("/proc/self/fd")
    with sentinel.serve() as url:
        gone: list[weakref.ref[Client]] = []
        before = len(list(descriptors.iterdir()))
        for _ in range(20):
            client = Client(sentinel.api_key, url)
            client.whoami()
            gone.append(weakref.ref(client))
        del client
        gc.collect()
        assert [ref() for ref in gone] == [None] * 20
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(descriptors.iterdir())) > before + 2:  # the server's side closes a moment later
            assert time.monotonic() < deadline
            time.sleep(0.01)


def run(script: str, *arguments: str, **settings: str) -> str:
    env = {**os.environ, **settings}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True).stdout


def test_daemon_threads_that_report_until_the_very_end_hold_nothing_up_and_break_nothing(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    script = """
import sys, threading, time
from agentsentinel_sdk import Reporter, observe_tool
reporter = Reporter(agent_name="a")
tool = observe_tool(reporter, "t")(lambda text: text)
def work():
    while True:
        tool(str(time.monotonic_ns()))
        time.sleep(0.001)
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
"""
    with sentinel.serve() as url:
        settings = {"AGENTSENTINEL_API_KEY": sentinel.api_key, "SENTINEL_URL": url}
        run(script, **settings, AGENTSENTINEL_SPOOL=str(tmp_path / "spool"))
    assert len(sentinel.events) == len({event["event_id"] for event in sentinel.events}) > 50


def test_a_digest_is_the_same_in_every_process() -> None:
    script = """
from agentsentinel_sdk import hash_payload
print(hash_payload({"b": [1.0, 2**53, 1e21, 0.1, True, None], "a": {"\\u20ac": {3, 1, 2}, 1: b"x"}}))
"""
    seeds = [run(script, PYTHONHASHSEED=seed) for seed in ("0", "1", "12345")]
    # `make wheels-check` asks other versions of Python for the same one
    assert set(seeds) == {"b440072ae3e1ac9be0ee552928c6d647d820e613346389cca4ce4bf26ec024bc\n"}
