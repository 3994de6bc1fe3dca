"""Runs the shim, MCP servers and MCP clients as processes of their own, as people do."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from ports import free_port

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "mcp_programs"
NPM = Path(__file__).parents[1] / "npm"
"""The folder of the npm packages: official servers, and clients on the TypeScript SDK."""
ENVIRONMENTS = {"1": "crewai", "2": "openai-agents"}
"""Line of the official MCP SDK -> an adapter's environment that has it."""
SENTINEL = str(Path(sys.executable).parent / "sentinel")
API_KEY = FakeSentinel().api_key


def mcp_python(line: str) -> str:
    """Return a Python that has this line of the official MCP SDK."""
    python = ROOT / ".venv-integrations" / ENVIRONMENTS[line] / "bin" / "python"
    if not python.exists() and not os.environ.get("AGENTSENTINEL_TEST_ALL"):
        pytest.skip("the official MCP SDK has no environment: make integrations")
    return str(python)


def node() -> str:
    """Return the Node that the dashboard is built with: the machine's, or one that came with the build."""
    brought = ROOT / "ui" / "node_modules" / ".node" / "node"
    found = str(brought) if brought.exists() else shutil.which("node")
    is_ready = found is not None and (NPM / "node_modules").exists()
    if not is_ready and not os.environ.get("AGENTSENTINEL_TEST_ALL"):
        pytest.skip("the official servers and clients of npm are not installed: make npm-packages")
    return found or "node"


def npm_server(name: str) -> list[str]:
    """Return the command of an official server, such as `everything` or `filesystem`."""
    program = NPM / "node_modules" / "@modelcontextprotocol" / f"server-{name}" / "dist" / "index.js"
    arguments = {"everything": ["stdio"], "filesystem": [str(PROGRAMS)]}
    return [node(), str(program), *arguments.get(name, [])]


def greeter(line: str, how: str) -> list[str]:
    """Return the command of the test server: `how` is `stdio` or a port."""
    return [mcp_python(line), str(PROGRAMS / "greeter.py"), how]


def seen_by(line: str, mode: str, url: str) -> Any:
    """Return the tools and answers that a client sees at an address."""
    command = [mcp_python(line), str(PROGRAMS / "client.py"), mode, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def wait_for_port(port: int, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def http_greeter(line: str = "2") -> Iterator[str]:
    """Run the test server over streamable HTTP; gives its address."""
    port = free_port()
    with subprocess.Popen(greeter(line, str(port))) as process:
        try:
            wait_for_port(port, process)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()


@contextmanager
def shim(
    options: Sequence[str], sentinel: str, output: Path, api_key: str = API_KEY
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `sentinel shim` until the block ends; gives its address without a path, and the process."""
    port = free_port()
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": api_key, "SENTINEL_URL": sentinel}
    environment["AGENTSENTINEL_SPOOL"] = str(output.parent / "spool")
    command = [SENTINEL, "shim", "--port", str(port), "--agent-name", "shimmed", *options]
    with output.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process:
        try:
            wait_for_port(port, process)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)


def wait_for_events(sentinel: FakeSentinel, count: int) -> list[dict[str, Any]]:
    """Return the stored events once there are `count` of them."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(sentinel.events) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return list(sentinel.events)
