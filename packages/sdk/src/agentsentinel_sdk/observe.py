"""A decorator that reports each call of a function, for agents whose loop is written by hand.

    reporter = Reporter(api_key, agent_name="invoice-agent")

    @observe_tool(reporter)
    def read_ledger(year: int) -> list[Row]: ...

The function stays what it was: sync or async, plain or generator; results and exceptions pass through untouched. A
generator is reported when it ends, with the digests of what it gave; one that is left early has ended well. What a
function returns decides, not how it is written: a coroutine, a generator or a future that a plain function returns is
followed to its end.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from functools import wraps
from itertools import count
from typing import Any, TypeVar, cast

from agentsentinel_sdk._pending import async_items, awaited, items
from agentsentinel_sdk.recorder import ToolCallRecorder
from agentsentinel_sdk.reporter import Reporter
from agentsentinel_sdk.signatures import accepts, signature_of

Function = TypeVar("Function", bound=Callable[..., Any])

_NUMBERS = count()


def observe_tool(reporter: Reporter | ToolCallRecorder, name: str | None = None) -> Callable[[Function], Function]:
    """Report each call of the decorated function.

    Args:
        reporter: where to; a recorder gives the calls its session.
        name: the tool's name; default: the function's.

    Raises:
        TypeError: for a bare `@observe_tool`, which does not say where to report.
    """
    if not isinstance(reporter, (Reporter, ToolCallRecorder)):
        msg = f"observe_tool needs a Reporter or a recorder, not {type(reporter).__name__}: @observe_tool(reporter)"
        raise TypeError(msg)
    calls = reporter if isinstance(reporter, ToolCallRecorder) else reporter.recorder()

    def decorate(function: Function) -> Function:
        tool_name = name or str(getattr(function, "__name__", type(function).__name__))
        observed = _Observed(calls, function, tool_name)
        if inspect.isasyncgenfunction(function):
            wrapper: Callable[..., Any] = observed.async_generator
        elif inspect.iscoroutinefunction(function):
            wrapper = observed.coroutine
        elif inspect.isgeneratorfunction(function) and not _gives_coroutines(function):
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
        self._signature = signature_of(function)

    def plain(self) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            call_id = self._begin(args, kwargs)
            try:
                result = self._call(call_id, args, kwargs)
            except BaseException as error:
                self._calls.error(call_id, error)
                raise
            return self._calls.settle(call_id, result)

        return call

    def coroutine(self) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            call_id = self._begin(args, kwargs)
            return await awaited(self._calls, call_id, lambda: self._call(call_id, args, kwargs))

        return call

    def generator(self) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            call_id = self._begin(args, kwargs)
            return (yield from items(self._calls, call_id, lambda: self._call(call_id, args, kwargs)))

        return call

    def async_generator(self) -> Callable[..., Any]:
        return async_items(self._calls, self._begin, self._function)

    def _call(self, call_id: tuple[str, int], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function; where it does not take these arguments, it did not run, and the call ends as denied."""
        try:
            return self._function(*args, **kwargs)
        except TypeError as error:
            if not accepts(self._function, args, kwargs):
                self._calls.denied(call_id, error)
            raise

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


def _gives_coroutines(function: Callable[..., Any]) -> bool:
    """Whether `types.coroutine` made the generators of this function awaitable."""
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & inspect.CO_ITERABLE_COROUTINE)
