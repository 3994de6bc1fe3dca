"""Bounds the time of an enforcing hook, which may hang wherever it waits: on its standard input, too.

It loads `_signal`, not `signal`: it is on the way of every call.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

try:
    import _signal  # type: ignore[import-not-found]
except ImportError:  # an interpreter without CPython's module
    _signal = None


class Deadline:
    """Raises TimeoutError within its block after some seconds, where the platform has timers. For the main thread."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._before: Any = None

    def __enter__(self) -> None:
        if hasattr(_signal, "setitimer"):
            self._before = _signal.signal(_signal.SIGALRM, _end)
            _signal.setitimer(_signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if hasattr(_signal, "setitimer"):
            _signal.setitimer(_signal.ITIMER_REAL, 0)
            _signal.signal(_signal.SIGALRM, self._before)


def _end(*_: object) -> NoReturn:
    raise TimeoutError("no decision came in time")
