"""Work that lasts as long as the process goes on after any failure, and ends when it is cancelled."""

import asyncio
from contextlib import suppress

import pytest

from agentsentinel.kit import tasks
from agentsentinel.kit.tasks import keep_going, stop

FAILURES = [
    ConnectionError("the usual"),
    RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
    AttributeError("'NoneType' object has no attribute 'writelines'"),
    asyncio.CancelledError("that nobody asked for"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_no_failure_ends_it(failure: BaseException) -> None:
    async def scenario() -> None:
        attempts = 0
        has_gone_on = asyncio.Event()
        failures: list[BaseException] = []

        async def work() -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                raise failure
            has_gone_on.set()
            await asyncio.Event().wait()

        def on_failure(error: BaseException) -> float:
            failures.append(error)
            return 0.0

        task = asyncio.create_task(keep_going(work, on_failure))
        await has_gone_on.wait()
        await stop(task)
        assert failures == [failure]
        assert task.cancelled()

    asyncio.run(scenario())


def test_a_cancellation_that_is_reported_as_a_time_out_ends_it() -> None:
    async def scenario() -> None:
        is_waiting = asyncio.Event()

        async def work() -> None:
            is_waiting.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise TimeoutError from None

        task = asyncio.create_task(keep_going(work, lambda _: pytest.fail("it was cancelled")))
        await is_waiting.wait()
        await stop(task)
        assert task.cancelled()

    asyncio.run(scenario())


def test_work_that_swallows_its_cancellation_is_not_done_again() -> None:
    async def scenario() -> None:
        times = 0
        is_waiting = asyncio.Event()

        async def work() -> None:
            nonlocal times
            times += 1
            is_waiting.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return

        task = asyncio.create_task(keep_going(work, lambda _: 0.0))
        await is_waiting.wait()
        await stop(task)
        assert times == 1

    asyncio.run(scenario())


def test_work_that_ends_is_done_again_after_the_pause() -> None:
    async def scenario() -> None:
        times = 0
        is_enough = asyncio.Event()

        async def work() -> None:
            nonlocal times
            times += 1
            if times == 3:
                is_enough.set()

        task = asyncio.create_task(keep_going(work, lambda _: 0.0, 0.001))
        await is_enough.wait()
        await stop(task)

    asyncio.run(scenario())


def test_a_task_that_waits_after_a_swallowed_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "CANCEL_AGAIN_SECONDS", 0.01)

    async def scenario() -> None:
        is_waiting = asyncio.Event()

        async def work() -> None:
            is_waiting.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await is_waiting.wait()
        await asyncio.wait_for(stop(task), 60)
        assert task.cancelled()

    asyncio.run(scenario())


def test_an_orderly_end_is_not_cancelled_again() -> None:
    async def scenario() -> None:
        is_waiting, cancellations = asyncio.Event(), 0

        async def work() -> None:
            nonlocal cancellations
            is_waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                task = asyncio.current_task()
                assert task is not None
                await asyncio.sleep(0.05)
                cancellations = task.cancelling()

        task = asyncio.create_task(work())
        await is_waiting.wait()
        await stop(task)
        assert cancellations == 1

    asyncio.run(scenario())
