"""What a server writes over stdio is bounded, and its processes end with the scan."""

import os
import sys
import time
from pathlib import Path

import anyio
import pytest

from agentsentinel_cli.mcp_scan import client
from agentsentinel_cli.mcp_scan.client import NotScanned, StdioTarget, read_manifest
from cli.mcp_scan.support import PROGRAM
from patience import PATIENCE_SECONDS

CHILD = "import os, subprocess, sys; p = subprocess.Popen(['sleep', '600']); open(sys.argv[1], 'w').write(str(p.pid))"


@pytest.mark.parametrize(
    "program",
    ["while True: print(end='x' * 65536)", "while True: print('{}' * 100)"],
    ids=["one line without an end", "lines without an end"],
)
def test_a_server_that_writes_without_an_end_is_not_scanned(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 1_000_000)
    with pytest.raises(NotScanned, match="its answers are longer than"):
        anyio.run(read_manifest, StdioTarget([sys.executable, "-c", program]), PATIENCE_SECONDS)


def test_lines_that_are_not_messages_are_left_out() -> None:
    run = "print('Starting...', flush=True); import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0])"
    command = [sys.executable, "-c", run.replace("(sys.argv[0])", "(sys.argv[0], run_name='__main__')")]
    manifest = anyio.run(read_manifest, StdioTarget([*command, str(PROGRAM), "sound"]), PATIENCE_SECONDS)
    assert manifest.server_name == "sound"


def test_what_a_server_has_started_ends_with_the_scan(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(NotScanned):
        anyio.run(read_manifest, StdioTarget([sys.executable, "-c", CHILD, str(note)]), PATIENCE_SECONDS)
    pid = int(note.read_text())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
