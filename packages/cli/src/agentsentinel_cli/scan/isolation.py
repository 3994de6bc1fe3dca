"""Pool of child processes that read files, each file with a time limit and a memory limit.

A worker that is too slow is killed, and a worker that is killed or dies is replaced; its file is reported as a problem,
and all other files are read.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable

from agentsentinel_cli.scan.codec import encode
from agentsentinel_cli.scan.isolated_worker import read_block, write_block
from agentsentinel_cli.scan.model import FileFacts, Question

SECONDS_PER_FILE = 15.0
"""Time limit for one file. A typical file takes a few hundredths of a second, the slowest generated ones seen two."""


def read_isolated(
    questions: Iterable[Question], jobs: int, tell: Callable[[], object] = lambda: None
) -> dict[tuple[str, frozenset[str]], str]:
    """Return the encoded facts of every question, keyed by path and wanted names.

    `tell` is called after each file to show progress, from any thread.
    """
    waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
    count = 0
    for question in questions:
        waiting.put(question)
        count += 1
    answers: dict[tuple[str, frozenset[str]], str] = {}

    def work() -> None:
        child = _WorkerProcess()
        try:
            while True:
                try:
                    question = waiting.get_nowait()
                except queue.Empty:
                    return
                answers[question.path, question.wanted] = child.ask(question)
                tell()
        finally:
            child.stop()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class _WorkerProcess:
    """One worker process, started on first use and restarted after it died or was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: Question) -> str:
        process = self._running()
        was_late = threading.Event()

        def end() -> None:
            was_late.set()
            process.kill()

        timer = threading.Timer(SECONDS_PER_FILE, end)
        timer.start()
        try:
            assert process.stdin is not None  # noqa: S101 - both were requested as pipes
            assert process.stdout is not None  # noqa: S101
            head = {"path": question.path, "wanted": sorted(question.wanted)}
            write_block(process.stdin, json.dumps(head).encode())
            write_block(process.stdin, question.data)
            process.stdin.flush()
            return read_block(process.stdout).decode()
        except (OSError, EOFError, ValueError):
            process.kill()
            process.wait()
            self._process = None
            late = f"takes longer than {SECONDS_PER_FILE:.0f} seconds"
            return encode(FileFacts(problem=late if was_late.is_set() else "ends the process that reads it"))
        finally:
            timer.cancel()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # -P, where Python supports it: a file in the working folder must not shadow one of our modules.
            safe = ["-P"] if sys.version_info >= (3, 11) else []
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONSTARTUP"}
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, *safe, "-m", "agentsentinel_cli.scan.isolated_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._process
