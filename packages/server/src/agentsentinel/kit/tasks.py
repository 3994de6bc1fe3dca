"""Tasks that run as long as the process does: each goes on after a failure, whatever that was."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

CANCEL_AGAIN_SECONDS = 3.0
"""Longer than an orderly end takes, which a further cancellation would disturb."""


async def keep_going(
    work: Callable[[], Awaitable[None]], on_failure: Callable[[BaseException], float], pause_seconds: float = 0.0
) -> None:
    """Do a piece of work again and again until the current task is cancelled.

    A failure of any kind only delays the next attempt: of drivers, also RuntimeErrors come out when a connection breaks
    at the wrong moment, and stray cancellations.

    Args:
        work: the work; it may have no end of its own.
        on_failure: logs a failure, and returns how many seconds to wait before the next attempt.
        pause_seconds: rest after work that came to its end.
    """
    while True:
        try:
            await work()
            pause = pause_seconds
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled():
                raise asyncio.CancelledError from error
            pause = on_failure(error)
        await asyncio.sleep(pause)
        if is_cancelled():
            raise asyncio.CancelledError


def is_cancelled() -> bool:
    """Return whether the current task was cancelled.

    To be asked by loops around a client library that may swallow a cancellation, or report it as a time-out: redis-py
    sends within `asyncio.wait_for`, which in Python 3.11 does so when the sending ends at the same moment.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def stop(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for its end.

    It is cancelled again every `CANCEL_AGAIN_SECONDS`: a library may swallow a cancellation (see `is_cancelled`), and
    the task then goes on to wait for something that, in a process that stops, may never come.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)
    with suppress(asyncio.CancelledError):
        await task
