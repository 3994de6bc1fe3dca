"""The decorator reports each call and leaves the function as it was, of whatever kind it is."""

import asyncio
import inspect
import traceback
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Any

import pytest

from agentsentinel_sdk import Reporter, hash_payload, observe_tool
from agentsentinel_sdk.testing import FakeSentinel


class Scene:
    def __init__(self) -> None:
        self.sentinel = FakeSentinel()
        self.reporter: Reporter = self.sentinel.reporter()

    @property
    def ends(self) -> list[tuple[str, str]]:
        assert self.reporter.flush()
        return [(event["tool_name"], event["status"]) for event in self.sentinel.events]


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.reporter.close()


def test_a_function_gives_what_it_gave_and_keeps_its_name_and_signature(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def add(first: int, second: int = 2) -> int:
        """Add."""
        return first + second

    assert (add(1), add.__name__, add.__doc__) == (3, "add", "Add.")
    assert list(inspect.signature(add).parameters) == ["first", "second"]
    assert scene.ends == [("add", "ok")]
    event = scene.sentinel.events[0]
    assert (event["input_hash"], event["output_hash"]) == (hash_payload({"first": 1}), hash_payload(3))


def test_positional_and_named_arguments_are_the_same_call(scene: Scene) -> None:
    @observe_tool(scene.reporter, name="sum")
    def add(first: int, second: int) -> int:
        return first + second

    add(1, 2)
    add(second=2, first=1)
    assert scene.ends == [("sum", "ok")] * 2
    assert len({event["input_hash"] for event in scene.sentinel.events}) == 1


def test_the_object_a_method_belongs_to_is_no_argument(scene: Scene) -> None:
    class Crm:
        @observe_tool(scene.reporter)
        def search(self, query: str) -> str:
            return query

    assert Crm().search("Acme") == "Acme"
    assert scene.ends == [("search", "ok")]
    assert scene.sentinel.events[0]["input_hash"] == hash_payload({"query": "Acme"})


def test_an_exception_passes_through_as_the_same_object_with_its_traceback(scene: Scene) -> None:
    error = ValueError("mine")

    @observe_tool(scene.reporter)
    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        fail()
    assert caught.value is error
    assert traceback.extract_tb(error.__traceback__)[-1].name == "fail"
    assert scene.ends == [("fail", "error")]


def test_wrong_arguments_are_the_functions_own_error(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def add(first: int) -> int:
        return first

    with pytest.raises(TypeError, match="unexpected keyword"):
        add(wrong=1)  # type: ignore[call-arg]
    assert scene.ends == [("add", "error")]


def test_a_coroutine_function_stays_one_and_parallel_calls_are_told_apart(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    async def double(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number))
        return 2 * number

    async def go() -> list[int]:
        return list(await asyncio.gather(*map(double, range(3))))

    assert inspect.iscoroutinefunction(double)
    assert asyncio.run(go()) == [0, 2, 4]
    assert scene.ends == [("double", "ok")] * 3
    pairs = {(event["input_hash"], event["output_hash"]) for event in scene.sentinel.events}
    assert pairs == {(hash_payload({"number": n}), hash_payload(2 * n)) for n in range(3)}


def test_a_cancelled_task_is_an_error_and_stays_cancelled(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    async def wait() -> None:
        await asyncio.sleep(60)

    async def go() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert scene.ends == [("wait", "error")]


def test_a_generator_is_reported_when_it_ends_and_takes_what_is_sent_or_thrown(scene: Scene) -> None:
    heard: list[object] = []

    @observe_tool(scene.reporter)
    def rows(count: int) -> Generator[int, str, str]:
        for number in range(count):
            try:
                heard.append((yield number))
            except KeyError as error:
                heard.append(type(error))
        return "end"

    generator = rows(3)
    assert next(generator) == 0
    assert generator.send("hello") == 1
    assert generator.throw(KeyError("k")) == 2
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == "end"
    assert heard == ["hello", KeyError, None]
    assert scene.ends == [("rows", "ok")]
    assert scene.sentinel.events[0]["output_hash"] == hash_payload([hash_payload(n) for n in range(3)])


def test_a_generator_that_is_left_early_has_ended_well_and_one_that_raises_has_not(scene: Scene) -> None:
    closed: list[bool] = []

    @observe_tool(scene.reporter)
    def rows(count: int) -> Iterator[int]:
        try:
            yield from range(count)
            raise ValueError("of the tool")
        finally:
            closed.append(True)

    generator = rows(3)
    next(generator)
    generator.close()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="of the tool"):
        list(rows(2))
    assert closed == [True, True]
    assert scene.ends == [("rows", "ok"), ("rows", "error")]


def test_a_generator_that_is_never_begun_is_no_call(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def rows() -> Iterator[int]:
        yield 1

    rows()
    assert scene.ends == []


def test_an_asynchronous_generator_likewise(scene: Scene) -> None:
    heard: list[Any] = []

    @observe_tool(scene.reporter)
    async def rows(count: int) -> AsyncGenerator[int, str]:
        for number in range(count):
            heard.append((yield number))  # noqa: PERF401 - what is sent comes one by one
        if count == 1:
            raise ValueError("of the tool")

    async def go() -> None:
        assert [number async for number in rows(3)] == [0, 1, 2]
        generator = rows(2)
        assert await generator.__anext__() == 0
        assert await generator.asend("hello") == 1
        await generator.aclose()
        with pytest.raises(ValueError, match="of the tool"):
            [number async for number in rows(1)]

    asyncio.run(go())
    assert "hello" in heard
    assert scene.ends == [("rows", "ok"), ("rows", "ok"), ("rows", "error")]


def test_a_recorder_gives_the_calls_its_session(scene: Scene) -> None:
    @observe_tool(scene.reporter.recorder("conversation 7"))
    def tool() -> None: ...

    tool()
    assert scene.ends == [("tool", "ok")]
    assert scene.sentinel.events[0]["session_id"] == "conversation 7"


def test_nested_tools_are_calls_of_their_own(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def inner() -> int:
        return 1

    @observe_tool(scene.reporter)
    def outer() -> int:
        return inner() + 1

    assert outer() == 2
    assert scene.ends == [("inner", "ok"), ("outer", "ok")]
