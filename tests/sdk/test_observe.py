"""The decorator reports each call and leaves the function as it was, of whatever kind it is."""

import asyncio
import concurrent.futures
import functools
import gc
import inspect
import traceback
import types
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
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


def test_a_function_that_runs_a_command_line_is_reported_with_its_program(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def run_command(command: str) -> str:
        return command

    run_command("git push origin main")
    assert scene.ends == [("run_command", "ok")]
    assert scene.sentinel.events[0]["operation"] == "git"


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


def test_wrong_arguments_are_pythons_own_error_and_a_denied_call_since_nothing_ran(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def add(first: int) -> int:
        return first

    @observe_tool(scene.reporter)
    async def fetch(first: int) -> int:
        return first

    @observe_tool(scene.reporter)
    def rows(first: int) -> Iterator[int]:
        yield first

    wrong: Any = {"wrong": 1}
    with pytest.raises(TypeError, match="unexpected keyword"):
        add(**wrong)
    with pytest.raises(TypeError, match="unexpected keyword"):
        asyncio.run(fetch(**wrong))
    with pytest.raises(TypeError, match="unexpected keyword"):
        list(rows(**wrong))
    assert scene.ends == [("add", "denied"), ("fetch", "denied"), ("rows", "denied")]


def test_a_type_error_of_the_function_itself_is_an_error(scene: Scene) -> None:
    @observe_tool(scene.reporter)
    def total(values: list[Any]) -> int:
        return int(sum(values))

    with pytest.raises(TypeError, match="unsupported operand"):
        total(["a"])
    assert scene.ends == [("total", "error")]


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


# --- what a function gives decides, not how it is written ----------------------------------------------------------


async def fetch(query: str) -> str:
    await asyncio.sleep(0.02)
    if query == "bad":
        raise ValueError("of the tool")
    return f"r:{query}"


def under_a_plain_decorator(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


class AsyncCallable:
    async def __call__(self, query: str) -> str:
        return await fetch(query)


@types.coroutine
def old_coroutine(query: str) -> Generator[Any, Any, Any]:
    return (yield from fetch(query).__await__())


POOL = concurrent.futures.ThreadPoolExecutor(2)


async def chained(query: str) -> Any:
    """Return another coroutine."""
    return fetch(query)


AWAITABLES: dict[str, Callable[[str], Any]] = {
    "under a plain decorator": under_a_plain_decorator(fetch),
    "partial": functools.partial(fetch),
    "a callable object": AsyncCallable(),
    "a task": lambda query: asyncio.ensure_future(fetch(query)),
    "a generator-based coroutine": old_coroutine,
    "a future of a thread": lambda query: asyncio.wrap_future(POOL.submit(asyncio.run, fetch(query))),
}


@pytest.mark.parametrize("kind", AWAITABLES)
def test_an_awaitable_of_a_function_that_is_not_async_is_followed_to_its_end(scene: Scene, kind: str) -> None:
    tool = observe_tool(scene.reporter, "fetch")(AWAITABLES[kind])

    async def go() -> None:
        assert await tool("ok") == "r:ok"
        with pytest.raises(ValueError, match="of the tool"):
            await tool("bad")
        await asyncio.sleep(0)

    asyncio.run(go())
    assert scene.ends == [("fetch", "ok"), ("fetch", "error")]
    ok, bad = scene.sentinel.events
    assert ok["output_hash"] == hash_payload("r:ok")
    assert bad["output_hash"] == hash_payload("ValueError: of the tool")
    assert ok["duration_ms"] >= 15


def test_a_coroutine_that_a_coroutine_function_gives_is_followed_too(scene: Scene) -> None:
    tool = observe_tool(scene.reporter)(chained)

    async def go() -> None:
        assert await (await tool("ok")) == "r:ok"

    asyncio.run(go())
    assert scene.ends == [("chained", "ok")]
    assert scene.sentinel.events[0]["output_hash"] == hash_payload("r:ok")


def test_a_future_of_a_thread_is_handed_on_as_it_is_and_ends_its_call(scene: Scene) -> None:
    made = concurrent.futures.Future[int]()
    cancelled = concurrent.futures.Future[int]()

    def tool_of(given: concurrent.futures.Future[int]) -> concurrent.futures.Future[int]:
        return given

    tool = observe_tool(scene.reporter, "t")(tool_of)
    assert tool(made) is made
    assert tool(cancelled) is cancelled
    assert scene.ends == []
    made.set_result(1)
    cancelled.cancel()
    assert scene.ends == [("t", "ok"), ("t", "error")]


def test_generators_of_plain_functions_end_with_what_they_raise(scene: Scene) -> None:
    def rows(query: str) -> Iterator[str]:
        yield query
        if query == "bad":
            raise ValueError("of the tool")

    async def async_rows(query: str) -> AsyncGenerator[str, None]:
        for row in rows(query):
            yield row

    plain = observe_tool(scene.reporter, "rows")(under_a_plain_decorator(rows))
    asynchronous = observe_tool(scene.reporter, "async_rows")(under_a_plain_decorator(async_rows))

    async def go(query: str) -> list[str]:
        return [row async for row in asynchronous(query)]

    assert (list(plain("ok")), asyncio.run(go("ok"))) == (["ok"], ["ok"])
    with pytest.raises(ValueError, match="of the tool"):
        list(plain("bad"))
    with pytest.raises(ValueError, match="of the tool"):
        asyncio.run(go("bad"))
    ends = [("rows", "ok"), ("async_rows", "ok"), ("rows", "error"), ("async_rows", "error")]
    assert scene.ends == ends
    assert scene.sentinel.events[0]["output_hash"] == hash_payload([hash_payload("ok")])


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_what_is_thrown_away_before_it_began_leaves_no_call_open(scene: Scene) -> None:
    calls = scene.reporter.recorder()
    observe_tool(calls, "fetch")(under_a_plain_decorator(fetch))("ok")
    observe_tool(calls, "rows")(lambda: (number for number in range(3)))()
    gc.collect()
    assert calls.open_calls == 0
    assert scene.ends == [("fetch", "error"), ("rows", "ok")]


def test_what_is_handed_on_has_the_name_of_what_it_stands_for(scene: Scene) -> None:
    made = observe_tool(scene.reporter)(under_a_plain_decorator(fetch))("ok")
    assert inspect.iscoroutine(made)
    assert made.__qualname__ == "fetch"
    asyncio.run(made)


def test_a_task_whose_error_nobody_looks_at_is_still_complained_of(scene: Scene) -> None:
    complaints: list[str] = []

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
        observe_tool(scene.reporter)(lambda: asyncio.ensure_future(fetch("bad")))()
        await asyncio.sleep(0.1)
        gc.collect()

    asyncio.run(go())
    assert complaints == ["Task exception was never retrieved"]
    assert scene.ends == [("<lambda>", "error")]


def test_an_awaitable_that_is_more_than_one_is_handed_on_as_it_is(scene: Scene) -> None:
    class Response:
        """A response of a client whose requests can be awaited, or entered as a context manager."""

        def __await__(self) -> Generator[Any, Any, str]:
            return fetch("ok").__await__()

        async def __aenter__(self) -> str:
            return "entered"

        async def __aexit__(self, *_: object) -> None: ...

    response = Response()
    assert observe_tool(scene.reporter, "t")(lambda: response)() is response
    assert scene.ends == [("t", "ok")]


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


def test_the_decorator_without_its_reporter_says_what_is_missing() -> None:
    def search() -> str:
        return "x"

    with pytest.raises(TypeError, match="@observe_tool\\(reporter\\)"):
        observe_tool(search)  # type: ignore[arg-type]
