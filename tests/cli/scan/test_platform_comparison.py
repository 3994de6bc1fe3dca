"""`--connect` puts beside the code what a running platform knows of the agent."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.scan.support import Run, sentinel, write_tree
from server.support import Server, new_database, running

AGENT = '''from agents import Agent, function_tool


@function_tool
def read_orders(number: str) -> str:
    """Read an order."""
    return number


@function_tool
def send_email(to: str) -> str:
    """Send an e-mail."""
    return to


bot = Agent(name="order-bot", instructions="Answers questions about orders.", tools=[read_orders, send_email])
'''


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a real platform."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("live")) as one:
        yield one


@pytest.fixture(scope="module")
def agent_id(server: Server) -> str:
    """Register an agent that is granted one tool of the code, and one that is not in it."""
    answer = server.api.post(
        "agents", json={"name": "order-bot", "owner_team": "shop", "model": "m", "agent_type": "x"}
    )
    made: dict[str, Any] = answer.json()
    for tool in ("read_orders", "delete_order"):
        server.api.post(f"agents/{made['id']}/grants", json={"tool_name": tool}).raise_for_status()
    return str(made["id"])


def scan(folder: Path, server: Server, *arguments: str, key: str | None = None, form: str = "json") -> Run:
    write_tree(folder, {"bot.py": AGENT})
    env = {"AGENTSENTINEL_API_KEY": server.admin_key if key is None else key}
    return sentinel(folder, "scan", "bot.py", "--format", form, "--connect", server.url, *arguments, env=env)


def test_the_agent_of_the_same_name_is_shown_with_where_code_and_grants_differ(
    tmp_path: Path, server: Server, agent_id: str
) -> None:
    run = scan(tmp_path / "w", server)
    live = run.entries[0]["live"]
    assert (live["agent_id"], live["name"]) == (agent_id, "order-bot")
    assert live["never_granted"] == ["send_email"]
    assert live["not_in_code"] == ["delete_order"]
    assert live["never_called"] == ["delete_order", "read_orders"]
    text = scan(tmp_path / "w", server, form="text").out
    assert "granted, not in code: delete_order" in text


def test_live_data_leave_the_posture_score_alone(tmp_path: Path, server: Server, agent_id: str) -> None:
    alone = sentinel(write_tree(tmp_path / "w", {"bot.py": AGENT}), "scan", "bot.py", "--format", "json")
    assert scan(tmp_path / "w", server).entries[0]["posture_score"] == alone.entries[0]["posture_score"]


def test_an_agent_of_another_name_is_found_by_its_id(tmp_path: Path, server: Server, agent_id: str) -> None:
    assert scan(tmp_path / "w", server, "--agent-id", agent_id).entries[0]["live"]["agent_id"] == agent_id


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        ((), "", "a key is needed"),
        ((), "as_ro_wrong", "the key was refused"),
        (("--agent-id", "00000000-0000-7000-8000-000000000000"), None, "no such agent"),
        (("--agent-id", "../keys"), None, "no live data"),
    ],
)
def test_what_goes_wrong_is_a_warning_and_the_scan_goes_on(
    tmp_path: Path, server: Server, arguments: tuple[str, ...], key: str | None, told: str
) -> None:
    run = scan(tmp_path / "w", server, *arguments, key=key)
    assert run.code == 0
    assert told in run.err
    assert "send_email" in run.tools
    if key:
        assert key not in run.err + run.out


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://x", "javascript:alert(1)", "http://"])
def test_an_address_that_answers_nothing_is_a_warning(tmp_path: Path, url: str) -> None:
    folder = write_tree(tmp_path / "w", {"bot.py": AGENT})
    run = sentinel(folder, "scan", "bot.py", "--connect", url, "--api-key", "as_ro_x")
    assert run.code == 0
    assert "no live data" in run.err
    assert "Traceback" not in run.err


@pytest.fixture(scope="module")
def self_signed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve the platform behind TLS with a self-signed certificate; yields its address and the certificate."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)

    class Forwarder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = server.api.get(f"{server.url}{self.path}", headers={"X-API-Key": self.headers["X-API-Key"]})
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Forwarder) as front:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        front.socket = context.wrap_socket(front.socket, server_side=True)
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield f"https://localhost:{front.server_address[1]}", certificate
        front.shutdown()


def test_a_certificate_that_is_signed_by_itself_is_believed_when_a_file_names_it(
    tmp_path: Path, server: Server, agent_id: str, self_signed: tuple[str, Path]
) -> None:
    url, certificate = self_signed
    folder = write_tree(tmp_path / "w", {"bot.py": AGENT})
    key = {"AGENTSENTINEL_API_KEY": server.admin_key}
    arguments = ("scan", "bot.py", "--format", "json", "--connect", url)
    believed = sentinel(folder, *arguments, env=key | {"SENTINEL_CA_FILE": str(certificate)})
    assert believed.entries[0]["live"]["agent_id"] == agent_id, believed.err
    refused = sentinel(folder, *arguments, env=key)
    assert "no live data" in refused.err
    assert "live" not in refused.entries[0]


@pytest.mark.parametrize("content", [None, "", "no certificate\n"])
def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path, server: Server, content: str | None) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    folder = write_tree(tmp_path / "w", {"bot.py": AGENT})
    env = {"AGENTSENTINEL_API_KEY": server.admin_key, "SENTINEL_CA_FILE": str(file)}
    run = sentinel(folder, "scan", "bot.py", "--connect", server.url, env=env)
    assert run.code == 0
    assert "SENTINEL_CA_FILE names" in run.err
    assert "Traceback" not in run.err
