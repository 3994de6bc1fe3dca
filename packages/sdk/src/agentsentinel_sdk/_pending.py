"""Results that are still to come when a function returns: coroutines, generators, futures.

A call has not ended with them. Each is handed on in a form that behaves the same (a future is handed on as it is) and
ends the call when it ends itself: with its result, or the digests of what a generator gave, or its exception.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Hashable
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Protocol

from agentsentinel_sdk.hashing import hash_payload

NEVER_AWAITED = "the coroutine was never awaited, so the tool did not run"


class Calls(Protocol):
    """What `ToolCallRecorder` is to this module."""

    def end(self, call_id: Hashable, output: object) -> None:
        """End the call with its result."""

    def error(self, call_id: Hashable, error: object) -> None:
        """End the call with its error."""


def settle(calls: Calls, call_id: Hashable, result: Any) -> Any:
    """End the call with `result`, now or when that is there; gives what is to be handed on in its place.

    Awaitables of other kinds are handed on as they are and end the call at once: a wrapper could not do all that they
    can, such as `async with`.
    """
    kind = type(result)  # asked itself, an object may lie or raise
    if is_awaitable(result) and issubclass(kind, (CoroutineType, GeneratorType)):
        return _named(awaited(calls, call_id, lambda: result), result, lambda: calls.error(call_id, NEVER_AWAITED))
    if issubclass(kind, GeneratorType):
        return _named(items(calls, call_id, lambda: result), result, lambda: calls.end(call_id, []))
    if issubclass(kind, AsyncGeneratorType):
        return _named(async_items(calls, lambda *_: call_id, lambda: result)(), result, lambda: calls.end(call_id, []))
    if issubclass(kind, (asyncio.Future, concurrent.futures.Future)):
        _watch(calls, call_id, result)
        return result
    calls.end(call_id, result)
    return result


def is_awaitable(result: Any) -> bool:
    """Whether this can be awaited; never raises."""
    if issubclass(type(result), GeneratorType):
        return bool(result.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE)
    try:
        return hasattr(type(result), "__await__")
    except Exception:  # a metaclass of the host's own
        return False


async def awaited(calls: Calls, call_id: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
    """`await make()`, which ends the call."""
    try:
        output = await make()
    except BaseException as error:  # a cancelled task as well
        calls.error(call_id, error)
        raise
    return settle(calls, call_id, output)


def items(calls: Calls, call_id: Hashable, make: Callable[[], Generator[Any, Any, Any]]) -> Generator[Any, Any, Any]:
    """`yield from make()`, whose end ends the call; one that is left early has ended well."""
    digests: list[str] = []
    try:
        result = yield from _tapped(make(), digests)
    except GeneratorExit:
        calls.end(call_id, digests)
        raise
    except BaseException as error:
        calls.error(call_id, error)
        raise
    calls.end(call_id, digests)
    return result


def async_items(
    calls: Calls, begin: Callable[..., Hashable], make: Callable[..., AsyncGenerator[Any, Any]]
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Return an async generator function that yields what `make` yields; its end ends the call that `begin` began.

    A function and not a generator, as `items` is, since an asynchronous generator cannot delegate to another.
    """

    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call_id = begin(args, kwargs)
        digests: list[str] = []
        try:
            inner = make(*args, **kwargs)
            step = inner.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    break
                digests.append(hash_payload(item))
                try:
                    step = inner.asend((yield item))
                except GeneratorExit:
                    await inner.aclose()
                    calls.end(call_id, digests)
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
        except BaseException as error:
            calls.error(call_id, error)  # has no effect where the call has ended already
            raise
        calls.end(call_id, digests)

    return call


def _tapped(inner: Generator[Any, Any, Any], digests: list[str]) -> Generator[Any, Any, Any]:
    """`yield from inner`, noting the digest of each item."""
    try:
        item = next(inner)
        while True:
            digests.append(hash_payload(item))
            try:
                sent = yield item
            except GeneratorExit:
                inner.close()
                raise
            except BaseException as error:
                item = inner.throw(error)
            else:
                item = inner.send(sent)
    except StopIteration as end:
        return end.value


def _named(made: Any, result: Any, when_unused: Callable[[], object]) -> Any:
    """Give `made` the name of what it stands for, and end its call when it is thrown away before it began."""
    made.__name__, made.__qualname__ = result.__name__, result.__qualname__
    weakref.finalize(made, when_unused).atexit = False  # without effect on a call that has ended
    return made


def _watch(calls: Calls, call_id: Hashable, future: asyncio.Future[Any] | concurrent.futures.Future[Any]) -> None:
    def done(ended: Any) -> None:
        if ended.cancelled():
            calls.error(call_id, "cancelled")
            return
        # Not `exception()`: asyncio then no longer warns its host of an exception that was never retrieved.
        error = ended._exception if hasattr(ended, "_exception") else ended.exception()
        if error is not None:
            calls.error(call_id, error)
        else:
            calls.end(call_id, ended.result())

    try:
        future.add_done_callback(done)
    except Exception:  # a future of a loop on another thread, in debug mode
        calls.end(call_id, future)
