"""What was read before, so that an unchanged file is not read twice.

One file per folder of work in the user's cache directory: a line with version and digest, and a JSON object from a
digest of content, language and question to the encoded facts. Anything wrong with it (damage, another version, no
permission) means an empty cache, never an error.
"""

import os

from agentsentinel_cli import __version__
from agentsentinel_cli.scan.digest import blake2b

FORMAT = 10
"""Raised whenever extractors or facts change within a version."""
_LONGEST_HEAD = 200
_MOST_FILES = 64
"""Cache files kept; the oldest go first."""


class Cache:
    """The facts of one folder of work. Create, look up and put, then `save`."""

    def __init__(self, folder: str | None, work: str) -> None:
        """`folder` None means no cache at all; `work` is the folder the scan runs in."""
        self._path = (
            None if folder is None else os.path.join(folder, f"{_digest(work.encode('utf-8', 'replace'))}.json")
        )
        self._known = _load(self._path)
        self._used: dict[str, str] = {}
        self._has_news = False

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._path is not None

    def get(self, key: str) -> str | None:
        """The encoded facts under a key."""
        found = self._known.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, facts: str) -> None:
        """Keep encoded facts."""
        self._used[key] = facts
        self._has_news = True

    def save(self) -> None:
        """Write what this run used; what it did not use is forgotten. Failing to write is no error."""
        if self._path is None or not (self._has_news or len(self._used) < len(self._known) // 2):
            return
        import json  # noqa: PLC0415 - as below: small runs never get here
        import tempfile  # noqa: PLC0415

        folder = os.path.dirname(self._path)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            # Written beside and renamed, so that two runs at once leave one whole file.
            descriptor, beside = tempfile.mkstemp(dir=folder, suffix=".new")
            body = json.dumps(self._used, separators=(",", ":")).encode()
            with open(descriptor, "wb") as stream:
                stream.write(_head(body) + body)
            os.replace(beside, self._path)
            _forget_oldest(folder)
        except OSError:
            return


def key_of(path: str, data: bytes, wanted: frozenset[str]) -> str:
    """The key of one question to one file. The name counts by its ending only: moved files stay known."""
    question = "\0".join([os.path.splitext(path)[1], *sorted(wanted)])
    return _digest(data + b"\0" + question.encode("utf-8", "surrogatepass"))


def cache_folder() -> str:
    """Where caches go on this machine, by the XDG base directory specification or the platform's custom."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".cache"), "agentsentinel", "scan")


_VERSION = f"{__version__}/{FORMAT}"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _load(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    import json  # noqa: PLC0415

    try:
        with open(path, "rb") as stream:
            head = stream.readline(_LONGEST_HEAD)
            body = stream.read()
        # The digest tells damage of any kind, so that what passes needs no further checks.
        facts = json.loads(body) if head == _head(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _head(body: bytes) -> bytes:
    return f"agentsentinel {_VERSION} {_digest(body)}\n".encode()


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as listing:
        kept = sorted((entry.stat().st_mtime, entry.path) for entry in listing if entry.is_file())
    for _, path in kept[:-_MOST_FILES]:
        os.unlink(path)
