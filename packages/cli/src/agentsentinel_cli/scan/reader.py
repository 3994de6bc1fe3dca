"""From files to facts: what the cache does not know is read here or, where risky or a lot, in child processes."""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from agentsentinel_cli.scan.cache import Cache, key_of
from agentsentinel_cli.scan.extract import extract, matters
from agentsentinel_cli.scan.facts import FileFacts
from agentsentinel_cli.scan.files import STDIN, Skipped, SourceFile, read_file, reason_of

POOL_FROM_BYTES = 8 * 1024 * 1024
"""From so much source on, starting processes pays off: they cost a tenth of a second each."""
SAFE_BYTES = 512 * 1024
SECONDS_IN_PROCESS = 15.0

# What has crashed or starved Python's parser by its depth or size, as bytes show it (measured on CPython 3.11: 3,000
# `elif`, 3,000 `**`, 5,000 terms or attributes, 2,000 lambdas). Far more than people write, far less than it takes.
_LONG_LINE = re.compile(rb"[^\n]{12000}")
_REPEATED = ((b"elif", 400), (b"lambda", 400), (b"**", 800), (b"\n.", 1500), (b"+\n", 1500), (b"\n+", 1500))


class Reader:
    """Reads each file once, and answers later questions about it."""

    def __init__(self, files: Sequence[SourceFile], cache: Cache, jobs: int, tell: Callable[[int, int], None]) -> None:
        """`tell(done, all)` is called as files are read, to show progress."""
        self._files = {file.path: file for file in files}
        self._cache = cache
        self._jobs = jobs
        self._tell = tell
        self.skipped: list[Skipped] = []
        self.read_count = 0
        """Files that were opened and understood, with or without anything in them."""

    def read_all(self) -> dict[str, FileFacts]:
        """The facts of every file that may hold any; all other files are left out."""
        questions: list[tuple[str, bytes]] = []
        for path, file in self._files.items():
            data = self._bytes_of(file)
            if data is None:
                continue
            self.read_count += 1
            if matters(path, data):
                questions.append((path, data))
        facts = self._answer([(path, data, frozenset()) for path, data in questions])
        for path, found in facts.items():
            if found.problem is not None:
                self.skipped.append(Skipped(path, found.problem))
                if not (found.tools or found.agents or found.secrets):
                    self.read_count -= 1
        return facts

    def ask(self, wanted: Mapping[str, frozenset[str]]) -> dict[str, FileFacts]:
        """The facts of some files again, with what they hold under certain names."""
        questions = []
        for path, names in wanted.items():
            data = self._bytes_of(self._files[path], again=True)
            if data is not None:
                questions.append((path, data, names))
        return self._answer(questions)

    def _bytes_of(self, file: SourceFile, *, again: bool = False) -> bytes | None:
        if file.location == STDIN:
            return self._standard_input()
        try:
            return read_file(file)
        except (OSError, ValueError) as error:
            if not again:
                self.skipped.append(Skipped(file.path, reason_of(error)))
            return None

    _stdin: bytes | None = None

    def _standard_input(self) -> bytes:
        if self._stdin is None:
            import sys  # noqa: PLC0415

            self._stdin = sys.stdin.buffer.read()
        return self._stdin

    def _answer(self, questions: Sequence[tuple[str, bytes, frozenset[str]]]) -> dict[str, FileFacts]:
        answers: dict[str, FileFacts] = {}
        new: list[tuple[str, bytes, frozenset[str], str]] = []
        for path, data, wanted in questions:
            key = key_of(path, data, wanted) if self._cache.is_on else ""
            known = self._known(key)
            if known is None:
                new.append((path, data, wanted, key))
            else:
                answers[path] = known
        if new:
            answers.update(self._read_new(new))
        return answers

    def _known(self, key: str) -> FileFacts | None:
        text = self._cache.get(key) if key else None
        if text is None:
            return None
        from agentsentinel_cli.scan.codec import decode  # noqa: PLC0415 - needed by big runs only

        try:
            return decode(text)
        except ValueError:
            return None

    def _read_new(self, new: Sequence[tuple[str, bytes, frozenset[str], str]]) -> dict[str, FileFacts]:
        is_much = self._jobs > 1 and sum(len(data) for _, data, _, _ in new) >= POOL_FROM_BYTES
        here = [] if is_much else [entry for entry in new if _is_safe(entry[1])]
        answers: dict[str, FileFacts] = {}
        done = 0
        for path, data, wanted, key in here:
            facts = _extract_within_time(path, data, wanted)
            answers[path] = facts
            if key and facts.problem is None:
                self._keep(key, facts)
            done += 1
            self._tell(done, len(new))
        taken = {entry[0] for entry in here}
        elsewhere = [entry for entry in new if entry[0] not in taken]
        if elsewhere:
            answers.update(self._read_elsewhere(elsewhere, done, len(new)))
        return answers

    def _keep(self, key: str, facts: FileFacts) -> None:
        from agentsentinel_cli.scan.codec import encode  # noqa: PLC0415

        self._cache.put(key, encode(facts))

    def _read_elsewhere(
        self, entries: Sequence[tuple[str, bytes, frozenset[str], str]], done: int, count: int
    ) -> dict[str, FileFacts]:
        from agentsentinel_cli.scan.codec import decode  # noqa: PLC0415
        from agentsentinel_cli.scan.pool import Question, read_in_children  # noqa: PLC0415 - subprocess is not free

        lock = threading.Lock()
        finished = done

        def tell() -> None:
            nonlocal finished
            with lock:
                finished += 1
                self._tell(finished, count)

        # The largest first: the last file to be read should not be the one that takes longest.
        ordered = sorted(entries, key=lambda entry: -len(entry[1]))
        texts = read_in_children([Question(path, data, wanted) for path, data, wanted, _ in ordered], self._jobs, tell)
        answers: dict[str, FileFacts] = {}
        for path, _, wanted, key in entries:
            try:
                facts = decode(texts[path, wanted])
            except ValueError:
                facts = FileFacts(problem="confuses the process that reads it")
            answers[path] = facts
            if key and facts.problem is None:
                self._cache.put(key, texts[path, wanted])
        return answers


def usable_cores() -> int:
    """How many processes may run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class _TooSlowError(BaseException):
    """Not an Exception, so that no extractor takes it for a problem of its own."""


def _is_safe(data: bytes) -> bool:
    """Whether a file can be read in this process, by what its bytes show."""
    if len(data) > SAFE_BYTES or _LONG_LINE.search(data):
        return False
    return all(data.count(text) < most for text, most in _REPEATED)


def _extract_within_time(path: str, data: bytes, wanted: frozenset[str]) -> FileFacts:
    try:
        with _alarm(SECONDS_IN_PROCESS):
            return extract(path, data, wanted)
    except _TooSlowError:
        return FileFacts(problem=f"takes longer than {SECONDS_IN_PROCESS:.0f} seconds")


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt what is inside after a time, where the platform and the thread allow it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_: int, __: FrameType | None) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
