"""The source of one running process, for `sentinel scan --pid`: its script, and the project it belongs to."""

import os
import tempfile
from typing import NamedTuple

from agentsentinel_cli.discover.processes import read_program

_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "package.json", "deno.json", ".git")
"""Files at the top of a project."""
_LEVELS = 4
_INSTALLED = ("site-packages", "dist-packages", "node_modules")


class ProcessError(Exception):
    """The process cannot be scanned; the message says why."""


class ProcessSource(NamedTuple):
    """What to scan of a process."""

    name: str
    targets: tuple[str, ...]
    """The folder of its project, or its own files where it belongs to none."""
    is_installed: bool = False
    """Whether the files are those of an installed package, which a scan leaves out by default."""

    @property
    def shown(self) -> str:
        """Text about the targets for people."""
        more = f" and {len(self.targets) - 1} more files" if len(self.targets) > 1 else ""
        return f"{self.targets[0]}{more}"


def source_of(pid: int) -> ProcessSource:
    """Return the source of a process. Raises ProcessError."""
    try:
        import psutil
    except ModuleNotFoundError:
        raise ProcessError(
            'psutil is not installed; pip install --find-links dist "agentsentinel-cli[discover]"'
        ) from None
    try:
        process = psutil.Process(pid)
        program, source = read_program(psutil, process)
    except psutil.NoSuchProcess:  # zombies included
        raise ProcessError(f"there is no process {pid}") from None
    except (psutil.AccessDenied, PermissionError):
        raise ProcessError(f"process {pid} belongs to another user; run as that user, or as root") from None
    if program is None:
        raise ProcessError(f"process {pid} runs no Python, TypeScript or JavaScript")
    files = [file for file in source.files if os.path.isfile(file)]
    if not files:
        raise ProcessError(f"the source of process {pid} is not in a file that can be read")
    return _source(os.path.basename(files[0]), files)


def _source(name: str, files: list[str]) -> ProcessSource:
    is_installed = any(part in _INSTALLED for part in files[0].split(os.sep))
    project = None if is_installed else project_of(files[0])
    if project is not None:
        return ProcessSource(name, (project,))
    return ProcessSource(name, tuple(files), is_installed)


def project_of(script: str) -> str | None:
    """Return the folder of the project that a script belongs to, or None.

    The user's home is never one: many keep the settings of their programs there under version control.
    """
    never = (os.path.expanduser("~"), tempfile.gettempdir())
    folder = os.path.dirname(os.path.abspath(script))
    for _ in range(_LEVELS):
        if folder in never:
            return None
        if any(os.path.exists(os.path.join(folder, marker)) for marker in _MARKERS):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return None
