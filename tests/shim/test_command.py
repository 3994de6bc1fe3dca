"""What cannot start says so in one line, with exit code 2, and leaves nothing behind."""

import os
import subprocess
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from shim.support import API_KEY, SENTINEL

NAME = ["--agent-name", "files"]


def shim(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "AGENTSENTINEL_SPOOL": str(folder), **environment}
    command = [SENTINEL, "shim", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=variables, timeout=PATIENCE_SECONDS, check=False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*NAME], "one of --upstream-cmd, --upstream-url and --stdio"),
        ([*NAME, "--upstream-cmd", "x", "--upstream-url", "http://x"], "one of --upstream-cmd"),
        (["--upstream-cmd", "x"], "--agent-name or --agent-id"),
        ([*NAME, "--agent-id", "5", "--upstream-cmd", "x"], "--agent-name or --agent-id"),
        (["--agent-id", "5", "--upstream-cmd", "x"], "not a UUID"),
        ([*NAME, "--upstream-url", "localhost:8000"], "must begin with http:// or https://"),
        ([*NAME, "--upstream-url", "file:///etc/passwd"], "must begin with http:// or https://"),
        ([*NAME, "--upstream-cmd", "'x"], "cannot be read"),
        ([*NAME, "--upstream-cmd", " "], "is empty"),
        ([*NAME, "--stdio"], "needs the server's command after --"),
        ([*NAME, "--upstream-cmd", "x", "--port", "70000"], "0 to 65535"),
        ([*NAME, "--upstream-cmd", "x", "--host", "0.0.0.0"], "loopback only"),
    ],
)
def test_wrong_options_are_one_line_that_says_what_to_do(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = shim(arguments, tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert sentence in done.stderr


def test_a_missing_key_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    done = shim([*NAME, "--upstream-cmd", "x"], tmp_path, AGENTSENTINEL_API_KEY="")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "AGENTSENTINEL_API_KEY" in done.stderr


@pytest.mark.parametrize(
    "how", [["--upstream-cmd", "no-such-command-here x"], ["--stdio", "--", "no-such-command-here"]]
)
def test_a_command_that_does_not_exist_is_said(how: list[str], tmp_path: Path) -> None:
    with FakeSentinel().serve() as url:
        done = shim([*NAME, *how], tmp_path, SENTINEL_URL=url)
    assert done.returncode == 2
    assert "cannot run 'no-such-command-here'" in done.stderr


def test_a_server_that_ends_at_once_is_said(tmp_path: Path) -> None:
    with FakeSentinel().serve() as url:
        done = shim([*NAME, "--upstream-cmd", "false"], tmp_path, SENTINEL_URL=url)
    assert done.returncode == 2
    assert "ended before it had listed its tools" in done.stderr


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    import socket

    with FakeSentinel().serve() as url, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = shim([*NAME, "--upstream-url", "http://127.0.0.1:9/mcp", "--port", port], tmp_path, SENTINEL_URL=url)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr


def test_help_shows_examples(tmp_path: Path) -> None:
    done = shim(["--help"], tmp_path)
    assert done.returncode == 0
    assert "sentinel shim --stdio --agent-name desk -- npx" in done.stdout
