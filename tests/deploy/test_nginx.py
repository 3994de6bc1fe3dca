"""Real nginx with nginx/nginx.conf in front of real servers: TLS, headers, limits, streams, and our own clients."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from deploy.cluster.nginx import PROGRAM, Nginx

from server.cluster.support import ClusterUnderTest, cluster_under_test, wait_until
from server.faults.embedded_platform import new_folder
from server.support import environment, event

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="needs nginx (Debian: nginx-light)")
BIN = Path(sys.executable).parent
MIB = 1024 * 1024
MOST_LINES = 12
"""Lines of a stream in which an event must be; a sign of life comes every 15 seconds."""
TINY_SERVER = Path(__file__).parents[1] / "shim" / "mcp_programs" / "tiny.py"


@pytest.fixture(scope="module")
def cluster(postgres_dsn: str) -> Iterator[ClusterUnderTest]:
    with new_folder() as folder, cluster_under_test(folder, postgres_dsn, https_port=0) as running:
        yield running


@pytest.fixture(scope="module")
def nginx(cluster: ClusterUnderTest) -> Nginx:
    assert cluster.parts.nginx is not None
    return cluster.parts.nginx


@pytest.fixture(scope="module")
def https(nginx: Nginx) -> Iterator[httpx2.Client]:
    """Return a client that trusts the self-signed certificate and nothing else."""
    context = ssl.create_default_context(cafile=str(nginx.certificate))
    with httpx2.Client(base_url=nginx.url, verify=context, timeout=30, trust_env=False) as client:
        yield client


def handshake(nginx: Nginx, *options: str) -> str:
    """Return what `openssl s_client` prints of a connection with these options."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{nginx.https_port}", "-brief", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_tls_1_2_and_1_3_are_spoken(nginx: Nginx, version: str) -> None:
    assert "CONNECTION ESTABLISHED" in handshake(nginx, f"-{version}")


@pytest.mark.parametrize("version", ["tls1", "tls1_1"])
def test_older_versions_of_tls_are_refused(nginx: Nginx, version: str) -> None:
    shown = handshake(nginx, f"-{version}", "-cipher", "ALL:@SECLEVEL=0")
    assert "CONNECTION ESTABLISHED" not in shown
    assert "alert protocol version" in shown


def tls_1_2_suites() -> list[str]:
    """Return the suites up to TLS 1.2 that this OpenSSL knows."""
    listed = subprocess.run(
        ["openssl", "ciphers", "-v", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [row[0] for row in rows if row[1] != "TLSv1.3"]


def test_every_suite_without_forward_secrecy_and_authenticated_encryption_is_refused(nginx: Nginx) -> None:
    suites = tls_1_2_suites()
    accepted = {
        suite
        for suite in suites
        if "CONNECTION ESTABLISHED" in handshake(nginx, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
    }
    assert len(suites) > 50
    assert accepted == {
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305",
    }


def test_every_answer_has_the_headers_of_security_once(https: httpx2.Client) -> None:
    for path in ("/livez", "/", "/api/v1/agents", "/nothing-here"):
        headers = https.get(path).headers
        assert headers.get_list("strict-transport-security") == ["max-age=63072000; includeSubDomains; preload"]
        assert headers.get_list("x-frame-options") == ["DENY"]
        assert headers.get_list("x-content-type-options") == ["nosniff"]
        assert headers["server"] == "nginx"


def test_http_is_sent_to_https(nginx: Nginx) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{nginx.http_port}/agents?status=ALERT", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://127.0.0.1:{nginx.https_port}/agents?status=ALERT"


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/api/v1/events/batch", MIB),
        ("POST", "/v1/traces", 8 * MIB),
        ("PUT", f"/api/v1/agents/{UUID(int=0)}/manifests", 8 * MIB),
    ],
)
def test_limits_of_bodies_are_those_of_the_server(
    https: httpx2.Client, cluster: ClusterUnderTest, method: str, path: str, limit: int
) -> None:
    headers = {"X-API-Key": cluster.first.admin_key, "Content-Type": "application/json"}
    for size in (limit, limit + 1):
        body = b" " * size
        through = https.request(method, path, content=body, headers=headers)
        direct = cluster.first.request(method, path, content=body, headers=headers)
        assert through.status_code == direct.status_code
        assert (through.status_code == 413) is (size > limit)
        if size > limit:
            assert through.headers["content-type"] == direct.headers["content-type"]
            words = {"detail", "message"}
            assert without(words, through.json()) == without(words, direct.json())


def without(names: set[str], document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}


def test_a_client_cannot_choose_the_address_it_is_known_by(https: httpx2.Client, cluster: ClusterUnderTest) -> None:
    logs = [process.log for process in cluster.parts.servers]
    https.get("/api/v1/agents", headers={"X-API-Key": "as_adm_wrong", "X-Forwarded-For": "203.0.113.9"})
    shown = "".join(log.read_text() for log in logs)
    assert "203.0.113.9" not in shown


def test_a_client_cannot_choose_the_path_it_is_known_by(https: httpx2.Client) -> None:
    assert https.get("/x/livez", headers={"X-Forwarded-Prefix": "/x"}).status_code == 404
    for path in ("/metrics", "/x/metrics", "/%6detrics", "/a/../metrics"):
        answer = https.get(path, headers={"X-Forwarded-Prefix": "/x"})
        assert (answer.status_code, "agentsentinel_" in answer.text) == (404, False), path


def test_a_frozen_server_is_left_out(https: httpx2.Client, cluster: ClusterUnderTest) -> None:
    keys = [cluster.first.new_key("readonly") for _ in range(6)]
    process = cluster.parts.servers[0].process
    process.send_signal(signal.SIGSTOP)
    try:
        answers = [https.get("/api/v1/agents", headers={"X-API-Key": key}) for key in keys]
    finally:
        process.send_signal(signal.SIGCONT)
    assert [answer.status_code for answer in answers] == [200] * 6


def test_live_events_arrive_one_by_one(nginx: Nginx, cluster: ClusterUnderTest) -> None:
    agent_id = cluster.first.new_agent()
    headers = {"X-API-Key": cluster.first.admin_key}
    context = ssl.create_default_context(cafile=str(nginx.certificate))
    url = f"{nginx.url}/api/v1/events/stream"
    with httpx2.stream("GET", url, headers=headers, verify=context, trust_env=False, timeout=60) as stream:
        lines = stream.iter_lines()
        next(lines)  # from here on the stream listens; its head comes before
        for _ in range(3):  # each is read before the next one is sent, which a proxy that buffers would not allow
            reported = cluster.second.report(agent_id)
            assert any(reported["event_id"] in line for line in islice(lines, MOST_LINES))


def test_an_agents_key_leads_to_one_server_and_another_takes_over_when_that_one_is_gone(
    https: httpx2.Client, nginx: Nginx, cluster: ClusterUnderTest
) -> None:
    agent_id = cluster.first.new_agent()
    headers = {"X-API-Key": cluster.first.new_key("agent", agent_id)}

    def upstreams() -> list[str]:
        lines = [json.loads(line) for line in nginx.access_log.read_text().splitlines()]
        return [line["upstream"] for line in lines if line["path"] == "/api/v1/events"]

    def report(times: int) -> None:
        for _ in range(times):
            answer = https.post("/api/v1/events", json=event(agent_id), headers=headers)
            while answer.status_code == 503:  # the other one is left out too, for what the test before this one did
                time.sleep(int(answer.headers["retry-after"]))
                answer = https.post("/api/v1/events", json=event(agent_id), headers=headers)
            assert answer.status_code == 201

    report(20)
    time.sleep(1.5)  # the log is written once a second
    (busy,) = set(upstreams())
    (process,) = [each for each in cluster.parts.servers if busy.endswith(f":{each.port}")]
    process.kill()
    try:
        report(20)
    finally:
        process.start()
    time.sleep(1.5)
    assert not upstreams()[-1].endswith(f":{process.port}")


def test_without_any_server_the_answer_says_to_try_again(https: httpx2.Client, nginx: Nginx, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        alone = Nginx(tmp_path / "alone", [unused.getsockname()[1]])
        alone.process.launch()
        try:
            answer = _get_patiently(f"{alone.url}/livez", alone.certificate)
        finally:
            alone.stop()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get_list("strict-transport-security") == ["max-age=63072000; includeSubDomains; preload"]


def _get_patiently(url: str, certificate: Path) -> httpx2.Response:
    context = ssl.create_default_context(cafile=str(certificate))
    for _ in range(200):
        try:
            return httpx2.get(url, verify=context, trust_env=False)
        except httpx2.ConnectError:
            time.sleep(0.05)
    raise AssertionError("nginx did not start")


def test_a_slow_client_is_cut_and_costs_the_others_nothing(nginx: Nginx) -> None:
    raw = socket.create_connection(("127.0.0.1", nginx.https_port), timeout=30)
    context = ssl.create_default_context(cafile=str(nginx.certificate))
    with context.wrap_socket(raw, server_hostname="localhost") as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
        begin = time.monotonic()
        assert connection.recv(1) == b""  # raises when it lasts longer than 30 s
        assert time.monotonic() - begin > 1, "it was cut for another reason"


BOT = """from agents import Agent, function_tool


@function_tool
def read_orders(number: str) -> str:
    '''Read an order.'''
    return number


bot = Agent(name="bot-behind-nginx", instructions="Answers questions about orders.", tools=[read_orders])
"""
CONVERSATION = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "greet", "arguments": {}}},
)
SDK_PROGRAM = """
import os, ssl
from agentsentinel_sdk.client import Client
with Client(os.environ["AGENTSENTINEL_API_KEY"], {url!r}) as client:
    print(client.whoami().scope)
strict = ssl.create_default_context(cafile={certificate!r})
strict.verify_flags |= ssl.VERIFY_X509_STRICT  # the default of Python 3.13
import urllib.request
print(urllib.request.build_opener(urllib.request.HTTPSHandler(context=strict)).open({url!r} + "/livez").status)
"""


def settings_of_clients(nginx: Nginx, cluster: ClusterUnderTest) -> dict[str, str]:
    return environment(
        SENTINEL_URL=nginx.url,
        AGENTSENTINEL_API_KEY=cluster.first.admin_key,
        SENTINEL_CA_FILE=str(nginx.certificate),
    )


def test_the_sdk_trusts_the_certificate_when_told_its_file(nginx: Nginx, cluster: ClusterUnderTest) -> None:
    program = SDK_PROGRAM.format(url=nginx.url, certificate=str(nginx.certificate))
    env = settings_of_clients(nginx, cluster)
    shown = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert shown.stdout.split() == ["admin", "200"], shown.stderr


def test_the_scanner_trusts_the_certificate_when_told_its_file(
    nginx: Nginx, cluster: ClusterUnderTest, tmp_path: Path
) -> None:
    agent_id = cluster.first.new_agent(name="bot-behind-nginx")
    (tmp_path / "bot.py").write_text(BOT)
    command = [str(BIN / "sentinel"), "scan", "bot.py", "--format", "json", "--connect", nginx.url]
    env = settings_of_clients(nginx, cluster)
    shown = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert agent_id in shown.stdout, shown.stderr


def test_the_shim_reports_through_nginx(nginx: Nginx, cluster: ClusterUnderTest, tmp_path: Path) -> None:
    server = [sys.executable, str(TINY_SERVER)]
    command = [str(BIN / "sentinel"), "shim", "--stdio", "--agent-name", "shim-behind-nginx", "--", *server]
    env = settings_of_clients(nginx, cluster) | {"AGENTSENTINEL_SPOOL": str(tmp_path / "spool")}
    calls = "".join(json.dumps(message) + "\n" for message in CONVERSATION)
    shown = subprocess.run(command, input=calls, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert shown.returncode == 0, shown.stderr
    agents = cluster.first.api.get("agents", params={"name": "shim-behind-nginx"}).json()
    (agent,) = (agent for agent in agents if agent["name"] == "shim-behind-nginx")
    wait_until(lambda: bool(cluster.first.api.get("events", params={"agent_id": agent["id"]}).json()))
