"""Cache of complete reports: the same files under the same options get the cached report without another scan.

Made for hooks, editors and repeated runs: loading parsers and rules and judging unchanged files takes longer than
reading and hashing the source. The key covers everything the report depends on, so entries never need invalidation.
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
_MOST_ANSWER_BYTES = 32 * 1024 * 1024
_MOST_ANSWERS = 256


class Answer(NamedTuple):
    """Outcome of one run: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def key_for(walk: Walk, others: Iterable[str], context: Iterable[str]) -> str | None:
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


def recall(folder: str, key: str) -> Answer | None:
    """Load the cached report under a key; None when there is none or its checksum does not match."""
    try:
        with open(os.path.join(folder, key), "rb") as stream:
            check, _, content = stream.read().partition(b"\n")
        if check != _check(content):
            return None
        head, _, rest = content.partition(b"\n")
        code, length = (int(number) for number in head.split())
        text = rest.decode("utf-8", "surrogatepass")
        return Answer(code, text[length:], text[:length])
    except (OSError, ValueError):
        return None


def remember(folder: str, key: str, answer: Answer) -> None:
    """Store a report in the cache, and evict the oldest ones. Failing to write is not an error."""
    if len(answer.out) > _MOST_ANSWER_BYTES:
        return
    content = f"{answer.code} {len(answer.err)}\n{answer.err}{answer.out}".encode("utf-8", "surrogatepass")
    beside = os.path.join(folder, f"{key}.{os.getpid()}.new")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(_check(content) + b"\n" + content)
        os.replace(beside, os.path.join(folder, key))
        _forget_oldest(folder)
    except OSError:
        return


def _check(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).hexdigest().encode()


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as listing:
        entries = list(listing)
    if len(entries) > _MOST_ANSWERS:
        for _, path in sorted((entry.stat().st_mtime, entry.path) for entry in entries)[: _MOST_ANSWERS // 4]:
            os.unlink(path)
