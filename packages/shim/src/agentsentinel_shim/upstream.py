"""A stdio server as a child process, for the bridge: lines in, lines out, one process group, no orphans."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import IO

logger = logging.getLogger(__name__)
PIECE = 65_536
MOST_LINE_BYTES = 256 * 1024 * 1024
"""Most bytes of one message of a server. One that writes a longer one is ended: it would fill the memory."""
GRACE_SECONDS = 2.0
"""How long a server may take to end by itself once its input is closed."""


EARLY_SECONDS = 5.0
"""A server that ends by itself sooner after its start has failed."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class BackOff:
    """Spaces the starts of a server that ends right after its start. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._failed_at = -math.inf
        self._started_at = -math.inf
        """When the newest start is or was."""

    def reserve(self, now: float) -> float:
        """Return how long to wait before the next start, which is taken by this call."""
        if self._failed_at < self._started_at < now - EARLY_SECONDS:
            self._failures = 0  # the newest start lives
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1), LONGEST_PAUSE_SECONDS) if self._failures else 0.0
        self._started_at = max(now, self._failed_at + pause, self._started_at + pause)
        return self._started_at - now

    def ended(self, started_at: float, now: float) -> None:
        """Take the end of a server that was not stopped."""
        if now - started_at < EARLY_SECONDS and started_at > self._failed_at:  # others of the same time are one failure
            self._failures += 1
            self._failed_at = now


class CannotStart(Exception):
    """The server's command cannot be run; the message says what to do."""


class StdioServer:
    """One running server.

    Args:
        on_line: called with each line of its output, without the newline, in order.
        on_end: called once when its output has ended.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        on_line: Callable[[bytes], None],
        on_end: Callable[[], None],
        most_line_bytes: int = MOST_LINE_BYTES,
    ):
        self._process = process
        self._on_line = on_line
        self._on_end = on_end
        self._most_line_bytes = most_line_bytes
        self.has_overflowed = False
        """Whether it was ended for a line that is too long."""
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        on_line: Callable[[bytes], None],
        on_end: Callable[[], None],
        stderr: IO[str] | None = None,
        most_line_bytes: int = MOST_LINE_BYTES,
    ) -> StdioServer:
        """Start `command` in a process group of its own; without `stderr`, it has ours. Raises CannotStart."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise CannotStart(
                f"cannot run {command[0]!a}: {error.strerror or error}. Is it installed, and on the PATH?"
            ) from None
        return cls(process, on_line, on_end, most_line_bytes)

    @property
    def is_running(self) -> bool:
        """Whether it can still take messages."""
        return self._process.returncode is None and not self._reading.done()

    @property
    def has_exited(self) -> bool:
        """Whether its own process has ended; others that it has started may still hold its output open."""
        return self._process.returncode is not None

    async def send(self, line: bytes) -> None:
        """Write one message, which must hold no newline. Raises ConnectionError when the server has ended."""
        pipe = self._process.stdin
        if pipe is None or not self.is_running:
            raise ConnectionResetError("the MCP server has ended")
        pipe.write(line + b"\n")
        await pipe.drain()

    async def stop(self) -> None:
        """Close its input, and end it with all that it has started if that is not enough."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._process.wait(), GRACE_SECONDS)
        self.kill()
        await self._process.wait()
        await asyncio.wait([self._reading], timeout=GRACE_SECONDS)
        self._reading.cancel()

    def kill(self) -> None:
        """End the process group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform != "win32":
                os.killpg(self._process.pid, signal.SIGKILL)
            elif self._process.returncode is None:
                self._process.kill()

    async def _read(self) -> None:
        """Hand over the lines, of which the last may lack its newline, up to one that is too long."""
        stream = self._process.stdout
        if stream is None:
            raise RuntimeError("the server was started without pipes")
        rest: list[bytes] = []
        held = 0
        try:
            while piece := await stream.read(PIECE):
                *lines, last = piece.split(b"\n")
                for line in lines:
                    self._on_line(b"".join((*rest, line)).rstrip(b"\r"))
                    rest.clear()
                    held = 0
                if last:
                    rest.append(last)
                    held += len(last)
                if held > self._most_line_bytes:
                    self.has_overflowed = True
                    logger.error(
                        "the MCP server wrote a line of more than %d bytes, and was ended", self._most_line_bytes
                    )
                    rest.clear()
                    self.kill()
                    while await stream.read(PIECE):  # the pipe closes only when it has been read to its end
                        pass
            if rest:
                self._on_line(b"".join(rest))
        finally:
            self._on_end()
