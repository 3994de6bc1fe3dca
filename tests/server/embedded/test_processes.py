"""Which process is ours is decided by what it is, not by its number."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsentinel.embedded import processes

LOOKS_LIKE_POSTGRES = "import sys, time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def lookalike(cluster: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that works in the cluster's folder and has `postgres -D <cluster>` among its arguments."""
    command = [sys.executable, "-c", LOOKS_LIKE_POSTGRES, "postgres", "-D", str(cluster)]
    with subprocess.Popen(command, cwd=cluster, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture(params=["proc", "ps"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of looking: /proc, and ps where there is none."""
    if request.param == "ps":
        if not Path("/bin/ps").exists():
            pytest.skip("this machine has no ps")
        monkeypatch.setattr(processes, "_PROC", Path("/nowhere"))


@pytest.mark.usefixtures("source")
def test_the_process_in_the_pid_file_that_works_in_the_cluster_is_found(
    cluster: Path, lookalike: subprocess.Popen[bytes]
) -> None:
    (cluster / "postmaster.pid").write_text(f"{lookalike.pid}\n{cluster}\n")

    assert processes.find_postmaster(cluster, os.getuid()) == lookalike.pid
    assert processes.find_postmaster(cluster, os.getuid() + 1) is None


@pytest.mark.usefixtures("source")
def test_the_server_of_another_cluster_is_not_ours(
    cluster: Path, lookalike: subprocess.Popen[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "postmaster.pid").write_text(f"{lookalike.pid}\n{other}\n")

    assert processes.find_postmaster(other, os.getuid()) is None


@pytest.mark.usefixtures("source")
def test_a_zombie_is_not_running(cluster: Path) -> None:
    with subprocess.Popen(["/bin/sh", "-c", "exit", "postgres", "-D", str(cluster)], cwd=cluster) as process:
        (cluster / "postmaster.pid").write_text(f"{process.pid}\n")
        time.sleep(0.2)

        assert processes.find_postmaster(cluster, os.getuid()) is None


@pytest.mark.parametrize("content", ["", "not a number\n", "99999999\n", "-1\n", "0\n"])
def test_a_damaged_pid_file_names_nobody(cluster: Path, content: str) -> None:
    (cluster / "postmaster.pid").write_text(content)

    assert processes.find_postmaster(cluster, os.getuid()) is None
