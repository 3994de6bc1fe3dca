"""Caches of a scan, both under the version of the scanner's code: whole reports, and the facts of each file.

Whole reports serve hooks, editors and repeated runs: loading parsers and rules and judging unchanged files takes longer
than reading and hashing the source. Their key covers everything that a report depends on, so entries never need
invalidation. Facts serve runs in which some files changed: one cache file per set of scan targets, with a line of
version and digest, then a JSON object that maps a digest of content, language and question to the encoded facts.

Entries that are damaged, of another version or not readable count as absent, and never cause an error.
"""

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from agentsentinel_cli.scan.digest import blake2b
from agentsentinel_cli.scan.file_selection import SourceFile, Walk, read_file, reason_of
from agentsentinel_cli.scan.scanner_version import scanner_version

MOST_BYTES = 64 * 1024 * 1024
"""Most bytes of source whose report is cached; for more, hashing all of it on every run would take noticeable time."""
_MOST_REPORT_BYTES = 32 * 1024 * 1024
_MOST_REPORTS = 256
_LONGEST_HEAD = 200
_MOST_FILES = 64
"""Most cache files kept; the oldest are evicted first."""


class CachedReport(NamedTuple):
    """Outcome of one run: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def report_key(walk: Walk, others: Iterable[str], context: Iterable[str]) -> str | None:
    """Return the cache key of a run over these files, or None when they are too large to be cached (MOST_BYTES).

    `others` are further files that the report depends on, such as a baseline. For a file that cannot be read, the
    reason is hashed instead of its content.
    """
    digest = blake2b(digest_size=20)
    marks = (*(f"{path} {why}" for path, why in walk.skipped), *(f"{kind} {n}" for kind, n in walk.left_out.items()))
    for text in (scanner_version(), sys.version, os.getcwd(), *context, *marks):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    size = 0
    for file in (*walk.files, *(SourceFile(path, path) for path in others)):
        try:
            data = read_file(file)
        except (OSError, ValueError) as error:
            data = reason_of(error).encode()
        size += len(data)
        if size > MOST_BYTES:
            return None
        digest.update(os.fsencode(file.path) + b"\0%d\0" % len(data) + data)
    return digest.hexdigest()


def load_report(folder: str, key: str) -> CachedReport | None:
    """Load the cached report under a key; None when there is none or its checksum does not match."""
    try:
        with open(os.path.join(folder, key), "rb") as stream:
            check, _, content = stream.read().partition(b"\n")
        if check != _check(content):
            return None
        head, _, rest = content.partition(b"\n")
        code, length = (int(number) for number in head.split())
        text = rest.decode("utf-8", "surrogatepass")
        return CachedReport(code, text[length:], text[:length])
    except (OSError, ValueError):
        return None


def store_report(folder: str, key: str, report: CachedReport) -> None:
    """Store a report in the cache, and evict the oldest ones. Failing to write is not an error."""
    if len(report.out) > _MOST_REPORT_BYTES:
        return
    content = f"{report.code} {len(report.err)}\n{report.err}{report.out}".encode("utf-8", "surrogatepass")
    beside = os.path.join(folder, f"{key}.{os.getpid()}.new")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(_check(content) + b"\n" + content)
        os.replace(beside, os.path.join(folder, key))
        _evict_oldest(folder, _MOST_REPORTS, _MOST_REPORTS * 3 // 4)
    except OSError:
        return


def _check(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).hexdigest().encode()


class CachedFacts:
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
            _evict_oldest(folder, _MOST_FILES, _MOST_FILES)
        except OSError:
            return


def facts_key(path: str, data: bytes, wanted: frozenset[str]) -> str:
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


def _evict_oldest(folder: str, most: int, kept: int) -> None:
    """Delete the oldest files of a folder that holds more than `most`, until `kept` are left."""
    with os.scandir(folder) as listing:
        entries = [entry for entry in listing if entry.is_file()]
    if len(entries) > most:
        for _, path in sorted((entry.stat().st_mtime, entry.path) for entry in entries)[:-kept]:
            os.unlink(path)
