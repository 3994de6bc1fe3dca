"""Cache of the facts extracted from each file, so that an unchanged file is not parsed again.

One cache file per set of scan targets, in the user's cache directory: a line with version and digest, then a JSON
object that maps a digest of content, language and question to the encoded facts. A cache file that is damaged, of
another version or not readable counts as empty and never causes an error.
"""

import os

from agentsentinel_cli.scan.digest import blake2b
from agentsentinel_cli.scan.scanner_version import scanner_version

_LONGEST_HEAD = 200
_MOST_FILES = 64
"""Most cache files kept; the oldest are evicted first."""


class Cache:
    """Cached facts of one set of scan targets. Create it, call `get` and `put`, then `save`."""

    def __init__(self, folder: str | None, work: str) -> None:
        """Load the cache of one set of targets.

        `folder` is the cache directory, None to cache nothing; `work` names the scanned targets, whose cache file this
        is.
        """
        self._path = (
            None if folder is None else os.path.join(folder, f"{_digest(work.encode('utf-8', 'replace'))}.json")
        )
        self._known = _load(self._path)
        self._used: dict[str, str] = {}
        self._has_news = False

    @property
    def is_on(self) -> bool:
        """Whether facts are cached at all."""
        return self._path is not None

    def get(self, key: str) -> str | None:
        """Return the encoded facts under a key, or None when they are not cached."""
        found = self._known.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, facts: str) -> None:
        """Add encoded facts under a key; `save` writes them."""
        self._used[key] = facts
        self._has_news = True

    def save(self) -> None:
        """Write the entries that this run used, and drop all others. Failing to write is not an error."""
        if self._path is None or not (self._has_news or len(self._used) < len(self._known) // 2):
            return
        import json  # small runs never need it
        import tempfile

        folder = os.path.dirname(self._path)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            # Written to a temporary file and renamed, so that two concurrent runs leave one complete file.
            descriptor, beside = tempfile.mkstemp(dir=folder, suffix=".new")
            body = json.dumps(self._used, separators=(",", ":")).encode()
            with open(descriptor, "wb") as stream:
                stream.write(_head(body) + body)
            os.replace(beside, self._path)
            _forget_oldest(folder)
        except OSError:
            return


def key_of(path: str, data: bytes, wanted: frozenset[str]) -> str:
    """Return the cache key of one file with the names wanted from it.

    Only the suffix of the path is part of the key, so facts of a moved file stay cached.
    """
    question = "\0".join([os.path.splitext(path)[1], *sorted(wanted)])
    return _digest(data + b"\0" + question.encode("utf-8", "surrogatepass"))


def cache_folder() -> str:
    """Return the cache directory: XDG_CACHE_HOME, else LOCALAPPDATA (Windows), else ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".cache"), "agentsentinel", "scan")


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _load(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    import json

    try:
        with open(path, "rb") as stream:
            head = stream.readline(_LONGEST_HEAD)
            body = stream.read()
        # The digest detects damage of any kind, so content that matches it needs no further checks.
        facts = json.loads(body) if head == _head(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _head(body: bytes) -> bytes:
    return f"agentsentinel {scanner_version()} {_digest(body)}\n".encode()


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as listing:
        kept = sorted((entry.stat().st_mtime, entry.path) for entry in listing if entry.is_file())
    for _, path in kept[:-_MOST_FILES]:
        os.unlink(path)
