"""Runs `sentinel mcp scan` and the weak servers."""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patience import PATIENCE_SECONDS
from ports import free_port

PROGRAM = Path(__file__).parent / "programs" / "broken.py"


def stdio(name: str) -> list[str]:
    """Return the options that scan a weak server over stdio."""
    return ["--stdio", shlex.join([sys.executable, str(PROGRAM), name])]


@contextmanager
def served(name: str, host: str = "127.0.0.1") -> Iterator[str]:
    """Run a weak server over HTTP; gives its address."""
    port = free_port(host)
    process = subprocess.Popen([sys.executable, str(PROGRAM), name, str(port), host])
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as attempt:
                if attempt.connect_ex((host, port)) == 0:
                    break
            time.sleep(0.02)
        yield f"http://{host}:{port}/mcp"
    finally:
        process.terminate()
        process.wait()


def scan(*options: str, cwd: Path | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `sentinel mcp scan` with these options."""
    command = [str(Path(sys.executable).parent / "sentinel"), "mcp", "scan", *options]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def report(*options: str, cwd: Path | None = None) -> list[dict[str, Any]]:
    """Return the JSON report of a scan that could be made."""
    done = scan(*options, "--format", "json", cwd=cwd)
    assert done.returncode in (0, 1, 3), done.stderr
    entries: list[dict[str, Any]] = json.loads(done.stdout)
    return entries


def rules_of(entry: dict[str, Any]) -> set[str]:
    """Return the ids of the rules that a server breaks."""
    return {finding["rule_id"] for finding in entry["findings"]}
