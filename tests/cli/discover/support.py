"""Real processes and real servers for the tests of discovery."""

import os
import random
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cli.scan.support import COMMAND

__all__ = ["COMMAND"]

_HOME = tempfile.mkdtemp()
_WAIT = "\nprint('ready', flush=True)\nimport time\ntime.sleep(600)\n"


def made_up_key(prefix: str, length: int = 48) -> str:
    """Return a key in a provider's format that never existed; the same one each time."""
    letters = random.Random(prefix)
    return prefix + "".join(letters.choices(string.ascii_letters + string.digits, k=length))


def environment(**variables: str) -> dict[str, str]:
    """Return an environment without the keys and the clients of the person who runs the tests."""
    kept = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": _HOME} | variables


@contextmanager
def running(
    command: Sequence[str], *, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a program that prints a line once it is ready; it is killed at the end."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**(variables or {})),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "the program ended before it was ready"
        yield process
    finally:
        process.kill()
        process.communicate()


def waiting(source: str) -> str:
    """Return a script that says it is ready and then waits."""
    return source + _WAIT


def stub_package(folder: Path, dotted: str, source: str = "") -> None:
    """Write a package that can be imported and does nothing, in the place of a framework that is not installed."""
    path = folder
    for part in dotted.split("."):
        path = path / part
        path.mkdir(parents=True, exist_ok=True)
        (path / "__init__.py").touch()
    if source:
        (path / "__init__.py").write_text(source)


@contextmanager
def scripts(folder: Path, sources: Mapping[str, str], **variables: str) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Run Python scripts by name, all at the same time."""
    with ExitStack() as stack:
        found = {}
        for name, source in sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(waiting(source))
        for name in sources:
            command = [sys.executable, str(folder / name)]
            found[name] = stack.enter_context(running(command, folder=folder, variables=variables))
        yield found


def discover(
    *arguments: str, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `sentinel discover`."""
    command: list[Any] = [COMMAND, "discover", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**(variables or {})),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
