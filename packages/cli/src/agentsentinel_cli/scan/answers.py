"""What was answered before: the same few files under the same options get the same report, without judging them again.

For hooks and editors, which scan one file over and over. Loading parsers and rules takes longer than all else together
then; here nothing is loaded at all. The key is everything the report depends on, so there is nothing to invalidate.
"""

import os
import stat
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentsentinel_cli import __version__
from agentsentinel_cli.scan.digest import blake2b

FORMAT = 1
"""Raised whenever reports, rules or extractors change within a version."""
MOST_FILES = 16
MOST_BYTES = 1024 * 1024
_MOST_ANSWERS = 512


class Answer(NamedTuple):
    """How a run went."""

    code: int
    out: str
    err: str


def key_for(files: Sequence[str], context: Iterable[str]) -> str | None:
    """The key of a run over these files; None when it is not one to be remembered: a folder, something large or odd."""
    if len(files) > MOST_FILES:
        return None
    digest = blake2b(digest_size=20)
    for text in (__version__, str(FORMAT), sys.version, os.getcwd(), *context):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    for path in files:
        data = _small_file(path)
        if data is None:
            return None
        digest.update(os.fsencode(path) + b"\0%d\0" % len(data) + data)
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


def _small_file(path: str) -> bytes | None:
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
            return None
        with open(path, "rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError:
        return None


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as listing:
        entries = list(listing)
    if len(entries) > _MOST_ANSWERS:
        for _, path in sorted((entry.stat().st_mtime, entry.path) for entry in entries)[: _MOST_ANSWERS // 4]:
            os.unlink(path)
