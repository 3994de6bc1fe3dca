"""A port that is taken is named with the program that has it, when that is ours."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel.commands import port as port_module
from ports import free_port
from server.commands.support import REFUSED, assert_one_line
from server.faults.embedded_platform import run_command
from server.support import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def test_a_taken_port_is_told_with_the_server_that_has_it(server: Server, folder: Path) -> None:
    port = server.address[1]
    command = [sys.executable, str(Path(port_module.__file__)), str(port)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert f"AgentSentinel already runs on http://localhost:{port}/" in told.stderr
    started = run_command("up", "--port", str(port), "--data-dir", str(folder / "data"))
    assert_one_line(started, REFUSED, f"already runs on http://localhost:{port}/", f"PORT={port + 1}")


def test_a_port_that_another_program_has_is_not_called_ours() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        problem = port_module.explain_taken("127.0.0.1", other.getsockname()[1])
    assert problem is not None
    assert problem.startswith("Cannot listen on 127.0.0.1:")
    assert port_module.explain_taken("127.0.0.1", free_port()) is None
