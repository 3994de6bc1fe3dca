"""A decorator that reports each call of a function, for agents whose loop is written by hand.

    reporter = Reporter(api_key, agent_name="invoice-agent")

    @observe_tool(reporter)
    def read_ledger(year: int) -> list[Row]: ...

The function stays what it was: sync or async, plain or generator; results and exceptions pass through untouched. A
generator is reported when it ends, with the digests of what it gave; one that is left early has ended well.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from itertools import count
from typing import Any, TypeVar, cast

from agentsentinel_sdk.hashing import hash_payload
from agentsentinel_sdk.recorder import ToolCallRecorder
from agentsentinel_sdk.reporter import Reporter

Function = TypeVar("Function", bound=Callable[..., Any])

_NUMBERS = count()


def observe_tool(reporter: Reporter | ToolCallRecorder, name: str | None = None) -> Callable[[Function], Function]:
    """Report each call of the decorated function.

    Args:
        reporter: where to; a recorder gives the calls its session.
        name: the tool's name; default: the function's.
    """
    calls = reporter if isinstance(reporter, ToolCallRecorder) else reporter.recorder()

    def decorate(function: Function) -> Function:
        tool_name = name or str(getattr(function, "__name__", type(function).__name__))
        observed = _Observed(calls, function, tool_name)
        if inspect.isasyncgenfunction(function):
            wrapper: Callable[..., Any] = observed.async_generator
        elif inspect.iscoroutinefunction(function):
            wrapper = observed.coroutine
        elif inspect.isgeneratorfunction(function):
            wrapper = observed.generator
        else:
            wrapper = observed.plain
        return cast("Function", wraps(function)(wrapper()))

    return decorate


class _Observed:
    """Makes the wrapper of each kind of function."""

    def __init__(self, calls: ToolCallRecorder, function: Callable[..., Any], tool_name: str) -> None:
        self._calls = calls
        self._function = function
        self._tool_name = tool_name
        self._signature = _signature(function)

    def plain(self) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            call_id = self._begin(args, kwargs)
            try:
                result = self._function(*args, **kwargs)
            except BaseException as error:
                self._calls.error(call_id, error)
                raise
            self._calls.end(call_id, result)
            return result

        return call

    def coroutine(self) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            call_id = self._begin(args, kwargs)
            try:
                result = await self._function(*args, **kwargs)
            except BaseException as error:  # a cancelled task as well
                self._calls.error(call_id, error)
                raise
            self._calls.end(call_id, result)
            return result

        return call

    def generator(self) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            call_id = self._begin(args, kwargs)
            digests: list[str] = []
            try:
                result = yield from _tapped(self._function(*args, **kwargs), digests)
            except GeneratorExit:
                self._calls.end(call_id, digests)
                raise
            except BaseException as error:
                self._calls.error(call_id, error)
                raise
            self._calls.end(call_id, digests)
            return result

        return call

    def async_generator(self) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            call_id = self._begin(args, kwargs)
            digests: list[str] = []
            inner = self._function(*args, **kwargs)
            try:
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
                        self._calls.end(call_id, digests)
                        raise
                    except BaseException as error:
                        step = inner.athrow(error)
            except BaseException as error:
                self._calls.error(call_id, error)  # has no effect where the call has ended already
                raise
            self._calls.end(call_id, digests)

        return call

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, int]:
        call_id = (__name__, next(_NUMBERS))
        self._calls.start(call_id, self._tool_name, self._arguments(args, kwargs))
        return call_id

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """By parameter name, so that a positional and a named argument hash alike; without `self`."""
        try:
            bound = self._signature.bind(*args, **kwargs).arguments if self._signature else None
        except TypeError:  # the call itself will raise it
            bound = None
        arguments = dict(bound) if bound is not None else {"args": args, "kwargs": kwargs}
        if next(iter(arguments), "") in ("self", "cls"):
            del arguments[next(iter(arguments))]
        return arguments


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


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None
