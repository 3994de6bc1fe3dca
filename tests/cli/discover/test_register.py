"""What was found goes to the inventory of a real platform: each host and place is one agent there."""

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.discover.support import COMMAND, discover, environment
from patience import PATIENCE_SECONDS
from server.support import Server, new_database, running

FILES = ("--no-process", "--no-network", "--no-clients", "--path", ".")


@pytest.fixture(scope="module")
def platform(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a platform without agents."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("platform")) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an agent that writes."""
    source = (
        "from langchain.tools import tool\n\n@tool\ndef delete_order(number: int) -> str:\n    '''Delete an order.'''\n"
    )
    (tmp_path / "orders_agent.py").write_text(source)
    return tmp_path


def test_what_was_found_is_in_the_inventory_once_however_often_it_is_sent(platform: Server, folder: Path) -> None:
    options = (*FILES, "--register", platform.url, "--api-key", platform.admin_key)
    first = discover(*options, folder=folder)
    with_a_password = platform.url.replace("://", "://me:s3cret-pass@")
    again = discover(*FILES, "--register", with_a_password, "--api-key", platform.admin_key, folder=folder)
    assert f"1 agent in the inventory of {platform.url}, 1 of them new" in first.stderr
    assert f"1 agent in the inventory of {platform.url}, 0 of them new" in again.stderr
    assert "s3cret-pass" not in again.stdout + again.stderr
    (listed,) = platform.api.get("agents", params={"name": f"orders-agent@{socket.gethostname()}"}).json()
    agent = platform.api.get(f"agents/{listed['id']}").json()
    assert agent["monitoring"] == "unmonitored"
    assert (agent["discovery"]["source"], agent["discovery"]["risk"]) == ("file", "MEDIUM")
    assert agent["discovery"]["place"] == str(folder / "orders_agent.py")
    assert [grant["tool_name"] for grant in agent["grants"]] == ["delete_order"]


def test_a_key_that_may_not_register_is_refused_before_the_scan(platform: Server, folder: Path) -> None:
    reader = platform.api.post("keys", json={"name": "reader", "scope": "readonly"}).json()["key"]
    for key in ("wrong", reader):
        run = discover(*FILES, "--format", "json", "--register", platform.url, "--api-key", key, folder=folder)
        assert (run.returncode, run.stdout) == (2, "")
        assert "--register: the key was refused" in run.stderr
        assert "it needs scope admin" in run.stderr
        assert key not in run.stderr


def test_the_report_stands_when_the_platform_goes_away_meanwhile(folder: Path) -> None:
    with platform_that_ends_after_the_check() as url:
        run = discover(*FILES, "--format", "json", "--register", url, "--api-key", "as_adm_x", folder=folder)
    assert run.returncode == 2
    assert "nothing was registered:" in run.stderr
    assert [agent["name"] for agent in json.loads(run.stdout)] == ["orders-agent"]


def test_a_watch_registers_what_appears(platform: Server, folder: Path) -> None:
    command: list[Any] = [COMMAND, "discover", *FILES, "--watch", "1", "--register", platform.url]
    variables = environment(AGENTSENTINEL_API_KEY=platform.admin_key)
    with subprocess.Popen(
        command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        (folder / "refunds_agent.py").write_text((folder / "orders_agent.py").read_text())
        second = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert "1 agent in the inventory" in first
    assert "2 agents in the inventory" in second
    assert "1 of them new" in second
    assert platform.api.get("agents", params={"name": f"refunds-agent@{socket.gethostname()}"}).json()


@contextmanager
def platform_that_ends_after_the_check() -> Iterator[str]:
    """Answer one request as a platform with an admin key does, and no further one."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, listener:
            connection.recv(65536)
            body = b'{"scope": "admin"}'
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (len(body), body)
            )

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=serve)
    thread.start()
    yield url
    thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9 cannot be reached"),
        ("http://me:s3cret-pass@127.0.0.1:9/?token=s3cret-pass", "http://127.0.0.1:9/ cannot be reached"),
        ("localhost:9000", "the address must start with http:// or https://"),
    ],
)
def test_a_platform_that_cannot_be_used_is_one_line(url: str, why: str, folder: Path) -> None:
    run = discover(*FILES, "--register", url, "--api-key", "as_adm_x", folder=folder)
    assert run.returncode == 2
    assert why in run.stderr
    assert "Traceback" not in run.stderr
    assert "s3cret-pass" not in run.stdout + run.stderr


def test_without_a_key_it_says_where_one_belongs(folder: Path) -> None:
    assert "AGENTSENTINEL_API_KEY" in discover(*FILES, "--register", "http://127.0.0.1:9", folder=folder).stderr
