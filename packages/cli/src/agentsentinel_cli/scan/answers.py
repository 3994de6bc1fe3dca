"""What was answered before: the same files under the same options get the same report, without judging them again.

For hooks, editors and repeated runs: loading parsers and rules, and judging anew what has not changed, takes longer
than reading and hashing the source. The key is everything the report depends on, so nothing is ever to be invalidated.
"""

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from agentsentinel_cli import __version__
from agentsentinel_cli.scan.digest import blake2b
from agentsentinel_cli.scan.files import SourceFile, Walk, read_file, reason_of

FORMAT = 10
"""Raised whenever reports, rules or extractors change within a version."""
MOST_BYTES = 64 * 1024 * 1024
"""Of source; above, hashing it a second time would be felt."""
_MOST_ANSWER_BYTES = 32 * 1024 * 1024
_MOST_ANSWERS = 256


class Answer(NamedTuple):
    """How a run went."""

    code: int
    out: str
    err: str


def key_for(walk: Walk, others: Iterable[str], context: Iterable[str]) -> str | None:
    """The key of a run over these files; None when it is not one to be remembered, being too large.

    `others` are files that the report depends on as well; one that cannot be read counts as empty.
    """
    digest = blake2b(digest_size=20)
    marks = (*(f"{path} {why}" for path, why in walk.skipped), *(f"{kind} {n}" for kind, n in walk.left_out.items()))
    for text in (__version__, str(FORMAT), sys.version, os.getcwd(), *context, *marks):
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
    """The answer under a key, unless there is none or it is damaged."""
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
    """Keep an answer. Failing to is no error."""
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
