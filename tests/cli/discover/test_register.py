"""What was found goes to the inventory of a real platform: each host and place is one agent there."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.discover.support import discover
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


def test_the_report_is_written_before_it_is_sent(platform: Server, folder: Path) -> None:
    run = discover(*FILES, "--format", "json", "--register", platform.url, "--api-key", "wrong", folder=folder)
    assert run.returncode == 2
    assert "nothing was registered: the key was refused (401); it needs scope admin" in run.stderr
    assert [agent["name"] for agent in json.loads(run.stdout)] == ["orders-agent"]
    assert "wrong" not in run.stderr


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "ConnectError at http://127.0.0.1:9"),
        ("http://me:s3cret-pass@127.0.0.1:9/?token=s3cret-pass", "ConnectError at http://127.0.0.1:9/\n"),
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
