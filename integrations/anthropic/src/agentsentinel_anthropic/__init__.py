"""AgentSentinel for the Anthropic SDK: reports the tool calls of a tool runner and of hand-written loops.

    sentinel = SentinelTools(api_key="as_agt_...")
    runner = client.beta.messages.tool_runner(tools=sentinel.watch([search_crm, send_email]), ...)
    message = sentinel.follow(runner).until_done()

A hand-written loop passes each `tool_use` block to `answer` instead, and gets the `tool_result` block for it:

    results = [sentinel.answer(block, functions) for block in reply.content if block.type == "tool_use"]
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from pydantic import ValidationError

from agentsentinel_sdk import Monitor
from agentsentinel_sdk.middleware import model_content
from agentsentinel_sdk.recorder import is_awaitable
from agentsentinel_sdk.signatures import accepts

__all__ = ["SentinelTools"]

Runner = TypeVar("Runner")

_NUMBERS = count()


class SentinelTools(Monitor):
    """Reports the calls of the tools passed to it; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "anthropic"
    session_prefix = "ant"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched_names: set[str] = set()
        self._asked: dict[int, Any] = {}
        """`tool_use` blocks of the reply that is being answered, by the `id()` of their input object."""

    def watch(self, tools: Iterable[Any]) -> list[Any]:
        """Return copies of the tools that report their calls.

        A tool comes from `beta_tool` or `beta_async_tool`, or is built in and has a `call`. The tools passed in are not
        modified. A tool does not receive the model's id of a call: see `follow`.
        """
        return [self._watched(tool) for tool in tools]

    def follow(self, runner: Runner) -> Runner:
        """Report the model's ids of the calls as well, and calls of tools that do not exist.

        Args:
            runner: the runner that `tool_runner` returns, sync or async, streaming or not; the same object is returned.
        """
        told: list[Any] = []
        generate = runner.generate_tool_call_response  # type: ignore[attr-defined] # the three classes share no base

        def respond() -> Any:
            blocks = self._begin_answer(runner._get_last_assistant_message_content())  # type: ignore[attr-defined]
            try:
                response = generate()
            finally:
                self._end_answer(blocks)
            self._refuse_unknown(blocks, response, told)
            return response

        async def arespond() -> Any:
            blocks = self._begin_answer(await runner._get_last_assistant_message_content())  # type: ignore[attr-defined]
            try:
                response = await generate()
            finally:
                self._end_answer(blocks)
            self._refuse_unknown(blocks, response, told)
            return response

        if hasattr(runner, "_get_last_assistant_message_content"):  # not public: without it, ids stay unknown
            is_async = inspect.iscoroutinefunction(generate)
            runner.generate_tool_call_response = arespond if is_async else respond  # type: ignore[attr-defined]
        return runner

    def answer(self, block: Any, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        """Run the function that a `tool_use` block asks for and return the `tool_result` block for the model.

        A tool that raises, or does not exist, becomes an error result, as with the tool runner.
        """
        call_id = self._begin(block, functions)
        if call_id is None:
            return _result(block.id, _not_found(block), is_error=True)
        try:
            output = functions[block.name](**block.input)
        except Exception as error:
            return self._failed(call_id, block, functions, error)
        except BaseException as error:
            self.calls.error(call_id, error)
            raise
        if is_awaitable(output):
            if inspect.iscoroutine(output):
                output.close()
            return self._failed(call_id, block, functions, TypeError(f"{block.name} is asynchronous: use aanswer"))
        self.calls.end(call_id, output)
        return _result(block.id, output)

    async def aanswer(self, block: Any, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        """Run `answer` for functions that are asynchronous or return an awaitable; plain ones are allowed too."""
        call_id = self._begin(block, functions)
        if call_id is None:
            return _result(block.id, _not_found(block), is_error=True)
        try:
            output = functions[block.name](**block.input)
            if is_awaitable(output):
                output = await output
        except Exception as error:
            return self._failed(call_id, block, functions, error)
        except BaseException as error:  # a cancelled task
            self.calls.error(call_id, error)
            raise
        self.calls.end(call_id, output)
        return _result(block.id, output)

    def _begin(self, block: Any, functions: Mapping[str, Callable[..., Any]]) -> Hashable | None:
        """Record the start of a call and return its key, or None when there is no such tool.

        The key is our own number, since the ids that models give need not be unique.
        """
        if block.name not in functions:
            self.calls.refused(block.name, block.input, _not_found(block), tool_call_id=block.id)
            return None
        call_id = ("anthropic", next(_NUMBERS))
        self.calls.start(call_id, block.name, block.input, tool_call_id=block.id)
        return call_id

    def _failed(
        self, call_id: Hashable, block: Any, functions: Mapping[str, Callable[..., Any]], error: Exception
    ) -> dict[str, Any]:
        if isinstance(error, TypeError) and not accepts(functions[block.name], (), block.input):
            self.calls.denied(call_id, error)
        else:
            self.calls.error(call_id, error)
        return _result(block.id, repr(error), is_error=True)

    def _begin_answer(self, content: Iterable[Any] | None) -> list[Any]:
        blocks = [block for block in content or () if block.type == "tool_use"]
        self._asked.update((id(block.input), block) for block in blocks)
        return blocks

    def _end_answer(self, blocks: list[Any]) -> None:
        for block in blocks:
            self._asked.pop(id(block.input), None)

    def _call_id(self, given: object) -> str | None:
        """Return the model's id of the call with this input, or None when it is not known.

        The lookup is by identity: the runner passes a tool the very object that it found in the reply.
        """
        block = self._asked.get(id(given))
        return None if block is None else str(block.id)

    def _refuse_unknown(self, blocks: list[Any], response: Any, told: list[Any]) -> None:
        """Report the calls of tools that do not exist, once for each response.

        The runner itself answers a call of a tool that it does not have; asked again, it returns the same object.
        """
        if response is None or any(response is known for known in told):
            return
        told[:] = [response]
        with suppress(Exception):
            for block, answer in zip(blocks, response["content"], strict=True):  # by place: ids need not be unique
                said = str(answer.get("content"))
                if answer.get("is_error") and block.name not in self._watched_names and "not found" in said:
                    self.calls.refused(block.name, block.input, said, tool_call_id=block.id)

    def _watched(self, tool: Any) -> Any:
        if not hasattr(tool, "call") or getattr(tool.call, "agentsentinel", None) is self:
            return tool  # a tool that runs on Anthropic's side, or one that is watched already
        watched = copy.copy(tool)
        self._watched_names.add(tool.name)
        original = tool.call
        make = self._async_call if inspect.iscoroutinefunction(original) else self._call
        watched.call = make(tool, original)
        watched.call.agentsentinel = self
        return watched

    def _call(self, tool: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(given: Any, *args: Any, **kwargs: Any) -> Any:
            key = self._started(tool, given)
            try:
                output = original(given, *args, **kwargs)
            except BaseException as error:
                self._raised(key, tool, error)
                raise
            return self.calls.settle(key, output)

        return call

    def _async_call(self, tool: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(given: Any, *args: Any, **kwargs: Any) -> Any:
            key = self._started(tool, given)
            try:
                output = await original(given, *args, **kwargs)
            except BaseException as error:
                self._raised(key, tool, error)
                raise
            return self.calls.settle(key, output)

        return call

    def _started(self, tool: Any, given: object) -> Hashable:
        key = ("anthropic", next(_NUMBERS))
        self.calls.start(key, tool.name, given, tool_call_id=self._call_id(given))
        return key

    def _raised(self, key: Hashable, tool: Any, error: BaseException) -> None:
        if _is_about_arguments(error, tool):
            self.calls.denied(key, error)
        else:
            self.calls.error(key, error)


def _not_found(block: Any) -> str:
    return f"There is no tool called {block.name!r}"


def _is_about_arguments(error: BaseException, tool: Any) -> bool:
    """Return whether the SDK refused the arguments.

    The SDK raises the same ValueError when the function itself lets a ValidationError escape; the title of the
    ValidationError is the function's name only when the arguments were refused.
    """
    cause = error.__cause__
    name = getattr(getattr(tool, "func", None), "__qualname__", None)
    return isinstance(error, ValueError) and isinstance(cause, ValidationError) and cause.title == name


def _result(tool_use_id: str, output: object, *, is_error: bool = False) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": tool_use_id, "content": model_content(output)}
    return {**result, "is_error": True} if is_error else result
