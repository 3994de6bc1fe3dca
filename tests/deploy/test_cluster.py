"""`make cluster` on a folder and a port that are taken says so before it starts anything."""

import fcntl
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.support import environment

PROJECT = Path(__file__).parents[2]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cluster", *options]
    return subprocess.run(
        command, cwd=PROJECT, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in last] == [], done.stderr


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_refused(run("--folder", str(tmp_path), "--port", "0"), str(tmp_path), "--folder")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert_refused(run("--folder", str(tmp_path), "--port", port), port, "--port")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_cannot_be_is_named(tmp_path: Path, port: str) -> None:
    assert_refused(run("--folder", str(tmp_path), "--port", port), port)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(run("--folder", str(tmp_path / "file")), str(tmp_path / "file"))
    assert_refused(run("--folder", str(tmp_path / "file" / "below")), str(tmp_path / "file" / "below"))
