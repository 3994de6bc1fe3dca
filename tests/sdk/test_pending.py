"""Results that are still to come end their call when they end themselves, and behave as they would have."""

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from agentsentinel_sdk._pending import NEVER_AWAITED, is_awaitable, settle
from agentsentinel_sdk.hashing import hash_payload


class Calls:
    """Notes how each call ended; only its first end counts, as for the recorder."""

    def __init__(self) -> None:
        self.ended: dict[Any, tuple[str, object]] = {}

    def end(self, call_id: Any, output: object) -> None:
        self.ended.setdefault(call_id, ("ok", output))

    def error(self, call_id: Any, error: object) -> None:
        self.ended.setdefault(call_id, ("error", error))


def test_a_value_ends_its_call_at_once_and_is_handed_on_itself() -> None:
    calls, value = Calls(), ["result"]
    assert settle(calls, 1, value) is value
    assert calls.ended == {1: ("ok", value)}


def test_a_coroutine_ends_its_call_when_it_has_been_awaited() -> None:
    async def tool() -> str:
        return "done"

    calls = Calls()
    pending = settle(calls, 1, tool())
    assert calls.ended == {}
    assert pending.__name__ == "tool"
    assert asyncio.run(pending) == "done"
    assert calls.ended == {1: ("ok", "done")}


def test_a_coroutine_that_is_never_awaited_is_an_error() -> None:
    async def tool() -> str:
        raise AssertionError

    calls, inner = Calls(), tool()
    pending = settle(calls, 1, inner)
    inner.close()
    pending.close()
    del pending
    assert calls.ended == {1: ("error", NEVER_AWAITED)}


def test_a_generator_ends_its_call_with_the_digests_of_its_items() -> None:
    def tool() -> Iterator[str]:
        yield "a"
        yield "b"

    calls = Calls()
    pending = settle(calls, 1, tool())
    assert next(pending) == "a"
    assert calls.ended == {}
    assert list(pending) == ["b"]
    assert calls.ended == {1: ("ok", [hash_payload("a"), hash_payload("b")])}


def test_a_generator_that_is_left_early_has_ended_well_and_one_that_raises_has_not() -> None:
    def tool() -> Iterator[str]:
        yield "a"
        raise KeyError("b")

    calls = Calls()
    left = settle(calls, 1, tool())
    next(left)
    left.close()
    with pytest.raises(KeyError):
        list(settle(calls, 2, tool()))
    assert calls.ended[1] == ("ok", [hash_payload("a")])
    assert calls.ended[2][0] == "error"


def test_an_asynchronous_generator_is_followed_to_its_end() -> None:
    async def tool() -> AsyncIterator[str]:
        yield "a"

    async def read(pending: AsyncIterator[str]) -> list[str]:
        return [item async for item in pending]

    calls = Calls()
    assert asyncio.run(read(settle(calls, 1, tool()))) == ["a"]
    assert calls.ended == {1: ("ok", [hash_payload("a")])}


@pytest.mark.parametrize("ending", ["result", "exception", "cancelled"])
def test_a_future_is_handed_on_as_it_is_and_ends_its_call(ending: str) -> None:
    calls = Calls()
    future: concurrent.futures.Future[str] = concurrent.futures.Future()
    assert settle(calls, 1, future) is future
    assert calls.ended == {}
    if ending == "result":
        future.set_result("done")
        assert calls.ended == {1: ("ok", "done")}
    elif ending == "exception":
        error = ValueError("bad")
        future.set_exception(error)
        assert calls.ended == {1: ("error", error)}
    else:
        future.cancel()
        assert calls.ended == {1: ("error", "cancelled")}


def test_another_awaitable_is_handed_on_as_it_is() -> None:
    class Request:
        def __await__(self) -> Iterator[None]:
            yield

    calls, request = Calls(), Request()
    assert is_awaitable(request)
    assert settle(calls, 1, request) is request
    assert calls.ended[1][0] == "ok"


def test_an_object_that_raises_when_it_is_asked_is_not_awaitable() -> None:
    class Meta(type):
        def __getattr__(cls, name: str) -> object:
            raise RuntimeError(name)

    class Hostile(metaclass=Meta):
        pass

    assert not is_awaitable(Hostile())
