"""Progress bar of a long scan, shown on a terminal only."""

import time
from collections.abc import Callable
from typing import TextIO

_SILENT_SECONDS = 0.7
_BAR = 24


def progress(
    stream: TextIO, *, is_wanted: bool, verb: str = "reading", unit: str = "files"
) -> Callable[[int, int], None]:
    """Return a callback `(done, count)` that draws a progress bar on the stream.

    It draws nothing in the first 0.7 seconds, so that short runs stay silent, and erases the bar at the end.
    """
    if not is_wanted:
        return lambda done, count: None
    started = time.monotonic()
    shown = -1.0

    def show(done: int, count: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < _SILENT_SECONDS or (now - shown < 0.1 and done < count):
            return
        shown = now
        filled = _BAR * done // max(1, count)
        line = f"\r  {verb} {'█' * filled}{'░' * (_BAR - filled)} {done}/{count} {unit}"
        stream.write(f"\r{' ' * len(line)}\r" if done >= count else line)
        stream.flush()

    return show
