"""The official servers of npm through the shim: every official client lists what it lists without it."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from forms import wide_after
from patience import PATIENCE_SECONDS
from shim.support import API_KEY, NPM, PROGRAMS, SENTINEL, mcp_python, node, npm_server, shim

CLIENTS = {
    "TypeScript v2": lambda: [node(), str(NPM / "list_tools.mjs"), "2"],
    "TypeScript v1": lambda: [node(), str(NPM / "list_tools.mjs"), "1"],
    "Python 2.x": lambda: [mcp_python("2"), str(PROGRAMS / "list_tools.py")],
    "Python 1.x": lambda: [mcp_python("1"), str(PROGRAMS / "list_tools.py")],
}
FILESYSTEM_TOOLS = 14
every_client = pytest.mark.parametrize("client", wide_after(1, CLIENTS))
every_server = pytest.mark.parametrize("server", ["everything", "filesystem"])


@cache
def listed(client: str, *target: str) -> Any:
    """Return the tools that a client lists at an address, or of a server that it starts."""
    done = subprocess.run(
        [*CLIENTS[client](), *target], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def sentinel() -> Iterator[str]:
    """Run the server that the shim reports to; returns its address."""
    with FakeSentinel().serve() as url:
        yield url


@pytest.fixture(scope="module")
def bridged(sentinel: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run a shim in front of each server; returns their addresses."""
    everything, filesystem = (
        shim(["--upstream-cmd", shlex.join(npm_server(name))], sentinel, tmp_path_factory.mktemp(name) / "output")
        for name in ("everything", "filesystem")
    )
    with everything as (one, _), filesystem as (other, _):
        yield {"everything": f"{one}/mcp", "filesystem": f"{other}/mcp"}


@every_server
@every_client
def test_a_client_lists_the_same_tools_over_http(client: str, server: str, bridged: dict[str, str]) -> None:
    assert listed(client, bridged[server]) == listed(client, *npm_server(server))


@pytest.mark.wide
@every_server
@every_client
def test_a_client_lists_the_same_tools_of_a_server_it_starts_through_the_shim(
    client: str, server: str, sentinel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"API_KEY": API_KEY, "SPOOL": str(tmp_path)}.items():
        monkeypatch.setenv(f"AGENTSENTINEL_{name}", value)
    monkeypatch.setenv("SENTINEL_URL", sentinel)
    wrapped = [SENTINEL, "shim", "--stdio", "--agent-name", "desk", "--", *npm_server(server)]
    assert listed(client, *wrapped) == listed(client, *npm_server(server))


def test_the_filesystem_server_has_the_tools_that_its_walk_through_names() -> None:
    names = [tool["name"] for tool in listed("TypeScript v2", *npm_server("filesystem"))]
    assert len(names) == FILESYSTEM_TOOLS
    assert {"write_file", "edit_file", "create_directory", "move_file"} <= set(names)
