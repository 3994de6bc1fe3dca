"""Version of the scanner's code, under which facts and reports are cached, so that no change is answered from before.

An installed wheel lists the digest of each of its files in RECORD, which is one small file to read and the same on
every machine, so a cache may travel between the runs of a pipeline. A checkout has no such list; there the sizes and
times of the files stand for their content, because reading them all would take a tenth of a cached scan.
"""

import os
from collections.abc import Iterable, Iterator
from functools import cache

import agentsentinel_cli
import agentsentinel_core
from agentsentinel_cli.scan.digest import blake2b


@cache
def scanner_version() -> str:
    """Return the version of the running scanner: the release, and a digest of the code of the CLI and of core."""
    releases = [(package.__path__[0], package.__version__) for package in (agentsentinel_cli, agentsentinel_core)]
    return f"{agentsentinel_cli.__version__}/{digest_of(releases)}"


def digest_of(packages: Iterable[tuple[str, str]]) -> str:
    """Return a digest of the code of packages, each with its folder and its release."""
    digest = blake2b(digest_size=16)
    for folder, release in packages:
        lines = _recorded(folder, release) or sorted(_file_states(folder))
        digest.update("\n".join(lines).encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _recorded(folder: str, release: str) -> list[str]:
    """Return the lines of the wheel's RECORD about this package's modules; none when it was not installed so."""
    try:
        with open(f"{folder}-{release}.dist-info/RECORD", encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return []
    # Lines about scripts differ from one machine to the next, and compiled files have no digest.
    start = f"{os.path.basename(folder)}/"
    return sorted(line for line in lines if line.startswith(start) and ".py,sha256=" in line)


def _file_states(folder: str) -> Iterator[str]:
    """Yield path, size and times of each module below a folder."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # imported from an archive, where only a release can change the code
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            state = entry.stat()
            # The time of change, too: copying tools can preserve the other one.
            yield f"{entry.path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
        elif "." not in entry.name and entry.name != "__pycache__":
            yield from _file_states(entry.path)
