"""Reading of files into facts, from the cache or by extraction.

Uncached files are read in this process, or in child processes when they look risky or their total size is large.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from agentsentinel_cli.scan.cache import CachedFacts, facts_key
from agentsentinel_cli.scan.extract import Hints, extract, hints
from agentsentinel_cli.scan.file_selection import STDIN, Skipped, SourceFile, read_file, reason_of
from agentsentinel_cli.scan.model import FileFacts, Question
from agentsentinel_cli.scan.unicode_text import in_utf8

POOL_FROM_BYTES = 8 * 1024 * 1024
"""Bytes of source from which child processes pay off: starting each takes a tenth of a second."""
_NOTHING = "-"
"""CachedFacts value for a file whose bytes pass none of the prefilters, so it has no facts."""
SAFE_BYTES = 512 * 1024
_SAFE_NOTEBOOK_BYTES = 1024 * 1024
SECONDS_IN_PROCESS = 15.0

# Byte patterns that indicate source whose nesting depth or size can crash Python's parser or exhaust its memory
# (measured on CPython 3.11: 3,000 `elif`, 3,000 `**`, 5,000 terms or attributes, 2,000 lambdas). The limits are far
# above what people write and far below what does harm.
_LONG_LINE = 60_000
_REPEATED = ((b"elif", 800), (b"lambda", 800), (b"**", 1500), (b"\n.", 2500), (b"+\n", 2500), (b"\n+", 2500))


class Reader:
    """Reader of the scanned files: first all of them, then again those that are asked for names."""

    def __init__(
        self, files: Sequence[SourceFile], cache: CachedFacts, jobs: int, tell: Callable[[int, int], None]
    ) -> None:
        """Prepare to read `files` in up to `jobs` processes; `tell(done, all)` is called as files are read."""
        self._files = {file.path: file for file in files}
        self._cache = cache
        self._jobs = jobs
        self._tell = tell
        self.skipped: list[Skipped] = []
        self.read_count = 0
        """Number of files that were read without a problem, or with a problem but with some facts."""

    def read_all(self) -> dict[str, FileFacts]:
        """Read every file and return facts by path; files without facts are omitted."""
        questions: list[Question] = []
        for path, file in self._files.items():
            data = self._bytes_of(file)
            if data is None:
                continue
            self.read_count += 1
            questions.append(Question(path, data))
        facts = self._answer(questions)
        for path, found in facts.items():
            if found.problem is not None:
                self.skipped.append(Skipped(path, found.problem))
                if not (found.tools or found.agents or found.secrets):
                    self.read_count -= 1
        return facts

    def ask(self, wanted: Mapping[str, frozenset[str]]) -> dict[str, FileFacts]:
        """Read some files again, and return their facts with the answers for the names wanted from them."""
        questions = []
        for path, names in wanted.items():
            data = self._bytes_of(self._files[path], again=True)
            if data is not None:
                questions.append(Question(path, data, names))
        return self._answer(questions)

    def bytes_of(self, path: str) -> bytes | None:
        """Read a scanned file once more, in UTF-8 where its language allows UTF-16; None when it has gone since."""
        return self._bytes_of(self._files[path], again=True) if path in self._files else None

    def _bytes_of(self, file: SourceFile, *, again: bool = False) -> bytes | None:
        if file.location == STDIN:
            return self._standard_input()
        try:
            return in_utf8(file.path, read_file(file))
        except (OSError, ValueError) as error:
            if not again:
                self.skipped.append(Skipped(file.path, reason_of(error)))
            return None

    _stdin: bytes | None = None

    def _standard_input(self) -> bytes:
        if self._stdin is None:
            import sys

            self._stdin = sys.stdin.buffer.read()
        return self._stdin

    def _answer(self, questions: Sequence[Question]) -> dict[str, FileFacts]:
        """Return the facts by path, from the cache or by extraction; files without facts are omitted."""
        answers: dict[str, FileFacts] = {}
        new: list[tuple[Question, str, Hints]] = []
        for question in questions:
            key = facts_key(question.path, question.data, question.wanted) if self._cache.is_on else ""
            known = self._cache.get(key) if key else None
            if known == _NOTHING:
                continue
            facts = self._known(known)
            if facts is not None:
                answers[question.path] = facts
                continue
            found = hints(question.path, question.data)
            if question.wanted or any(found):
                new.append((question, key, found))
            elif key:
                self._cache.put(key, _NOTHING)
        if new:
            answers.update(self._read_new(new))
        return answers

    def _known(self, text: str | None) -> FileFacts | None:
        if text is None:
            return None
        from agentsentinel_cli.scan.codec import decode  # needed only when facts were cached

        try:
            return decode(text)
        except ValueError:
            return None

    def _read_new(self, new: Sequence[tuple[Question, str, Hints]]) -> dict[str, FileFacts]:
        is_much = self._jobs > 1 and sum(len(question.data) for question, _, _ in new) >= POOL_FROM_BYTES
        answers: dict[str, FileFacts] = {}
        elsewhere: list[tuple[Question, str]] = []
        for question, key, found in new:
            if is_much or not _is_safe(question):
                elsewhere.append((question, key))
                continue
            facts = _extract_within_time(question, found)
            answers[question.path] = facts
            if key and facts.problem is None:
                self._cache_facts(key, facts)
            self._tell(len(answers), len(new))
        if elsewhere:
            answers.update(self._read_elsewhere(elsewhere, len(answers), len(new)))
        return answers

    def _cache_facts(self, key: str, facts: FileFacts) -> None:
        from agentsentinel_cli.scan.codec import encode

        self._cache.put(key, encode(facts))

    def _read_elsewhere(self, entries: Sequence[tuple[Question, str]], done: int, count: int) -> dict[str, FileFacts]:
        from agentsentinel_cli.scan.codec import decode
        from agentsentinel_cli.scan.isolation import read_isolated  # loads subprocess

        lock = threading.Lock()
        finished = done

        def tell() -> None:
            nonlocal finished
            with lock:
                finished += 1
                self._tell(finished, count)

        # Largest first, so that the slowest file is not read last while the other processes are idle.
        ordered = sorted((question for question, _ in entries), key=lambda question: -len(question.data))
        texts = read_isolated(ordered, self._jobs, tell)
        answers: dict[str, FileFacts] = {}
        for question, key in entries:
            text = texts[question.path, question.wanted]
            try:
                facts = decode(text)
            except ValueError:
                facts = FileFacts(problem="the process that reads it answers with damaged data")
            answers[question.path] = facts
            if key and facts.problem is None:
                self._cache.put(key, text)
        return answers


def usable_cores() -> int:
    """Return how many CPU cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class _TooSlowError(BaseException):
    """Raised in an extractor when its time is up; a BaseException, so that no `except Exception` there catches it."""


def _is_safe(question: Question) -> bool:
    """Tell whether a file can be parsed in this process without risk, judged by its size and byte patterns."""
    data = question.data
    if _looks_safe(data):
        return True
    if not question.path.endswith(".ipynb") or len(data) > _SAFE_NOTEBOOK_BYTES:
        return False
    # Pictures make long lines in a notebook, but only its code is parsed.
    from agentsentinel_cli.scan.syntax.python.source import read_source

    return _looks_safe(read_source(question.path, data).text.encode("utf-8", "surrogatepass"))


def _looks_safe(data: bytes) -> bool:
    if len(data) > SAFE_BYTES or (len(data) > _LONG_LINE and max(map(len, data.split(b"\n"))) > _LONG_LINE):
        return False
    return all(data.count(text) < most for text, most in _REPEATED)


def _extract_within_time(question: Question, found: Hints) -> FileFacts:
    try:
        with _alarm(SECONDS_IN_PROCESS):
            return extract(question.path, question.data, question.wanted, found)
    except _TooSlowError:
        return FileFacts(problem=f"takes longer than {SECONDS_IN_PROCESS:.0f} seconds")


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the body of the `with` statement after a time, where the platform and the thread support timers."""
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
