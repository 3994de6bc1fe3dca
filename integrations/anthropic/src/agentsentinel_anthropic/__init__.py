"""AgentSentinel for the Anthropic SDK: the tools of a tool runner, and of loops written by hand.

    sentinel = SentinelTools(api_key="as_agt_...")
    runner = client.beta.messages.tool_runner(tools=sentinel.watch([search_crm, send_email]), ...)
    message = sentinel.follow(runner).until_done()

A hand-written loop hands each `tool_use` block over instead, and gets the block that answers it:

    results = [sentinel.answer(block, functions) for block in reply.content if block.type == "tool_use"]
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from agentsentinel_sdk import Monitor, canonical_json

__all__ = ["SentinelTools"]

Runner = TypeVar("Runner")

_NUMBERS = count()


class SentinelTools(Monitor):
    """Reports the calls of the tools it is given; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "anthropic"
    session_prefix = "ant"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched_names: set[str] = set()
        self._asked: dict[int, Any] = {}
        """The blocks of the reply that is being answered, by the identity of their input."""

    def watch(self, tools: Iterable[Any]) -> list[Any]:
        """The tools (`beta_tool`, `beta_async_tool`, or built-in ones with a `call`), each with its calls reported.

        The tools that are given stay as they are. A tool is not told the model's id of a call: see `follow`.
        """
        return [self._watched(tool) for tool in tools]

    def follow(self, runner: Runner) -> Runner:
        """Report the model's ids of the calls too, and calls of tools that do not exist.

        Args:
            runner: what `tool_runner` gives, sync or async, streaming or not; the same is returned.
        """
        told: set[str] = set()
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
        """Run the function that a `tool_use` block asks for; gives the `tool_result` block for the model.

        A tool that raises, or does not exist, becomes an error result, as with the tool runner.
        """
        function = functions.get(block.name)
        if function is None:
            message = f"There is no tool called {block.name!r}"
            self.calls.refused(block.name, block.input, message, tool_call_id=block.id)
            return _result(block.id, message, is_error=True)
        self.calls.start(block.id, block.name, block.input, tool_call_id=block.id)
        try:
            output = function(**block.input)
        except Exception as error:
            self.calls.error(block.id, error)
            return _result(block.id, repr(error), is_error=True)
        self.calls.end(block.id, output)
        return _result(block.id, output)

    async def aanswer(self, block: Any, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        """`answer` for asynchronous functions; plain ones may be among them."""
        function = functions.get(block.name)
        if function is None or not inspect.iscoroutinefunction(function):
            return self.answer(block, functions)
        self.calls.start(block.id, block.name, block.input, tool_call_id=block.id)
        try:
            output = await function(**block.input)
        except Exception as error:
            self.calls.error(block.id, error)
            return _result(block.id, repr(error), is_error=True)
        except BaseException as error:  # a cancelled task
            self.calls.error(block.id, error)
            raise
        self.calls.end(block.id, output)
        return _result(block.id, output)

    def _begin_answer(self, content: Iterable[Any] | None) -> list[Any]:
        blocks = [block for block in content or () if block.type == "tool_use"]
        self._asked.update((id(block.input), block) for block in blocks)
        return blocks

    def _end_answer(self, blocks: list[Any]) -> None:
        for block in blocks:
            self._asked.pop(id(block.input), None)

    def _call_id(self, given: object) -> str | None:
        """The runner hands a tool the very object that it found in the reply."""
        block = self._asked.get(id(given))
        return None if block is None else str(block.id)

    def _refuse_unknown(self, blocks: list[Any], response: Any, told: set[str]) -> None:
        """The runner answers for a tool it does not have by itself; asked again, it gives the same answer."""
        with suppress(Exception):
            answers = {result["tool_use_id"]: result for result in response["content"]} if response else {}
            for block in blocks:
                answer = answers.get(block.id, {})
                said = str(answer.get("content"))
                is_unknown = block.name not in self._watched_names and "not found" in said
                if answer.get("is_error") and is_unknown and block.id not in told:
                    told.add(block.id)
                    self.calls.refused(block.name, block.input, said, tool_call_id=block.id)

    def _watched(self, tool: Any) -> Any:
        if not hasattr(tool, "call"):
            return tool  # a tool that runs on Anthropic's side
        watched = copy.copy(tool)
        self._watched_names.add(tool.name)
        original = tool.call
        make = self._async_call if inspect.iscoroutinefunction(original) else self._call
        watched.call = make(tool, original)
        return watched

    def _call(self, tool: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(given: Any, *args: Any, **kwargs: Any) -> Any:
            key = ("anthropic", next(_NUMBERS))
            self.calls.start(key, tool.name, given, tool_call_id=self._call_id(given))
            try:
                output = original(given, *args, **kwargs)
            except BaseException as error:
                self.calls.error(key, error)
                raise
            self.calls.end(key, output)
            return output

        return call

    def _async_call(self, tool: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(given: Any, *args: Any, **kwargs: Any) -> Any:
            key = ("anthropic", next(_NUMBERS))
            self.calls.start(key, tool.name, given, tool_call_id=self._call_id(given))
            try:
                output = await original(given, *args, **kwargs)
            except BaseException as error:
                self.calls.error(key, error)
                raise
            self.calls.end(key, output)
            return output

        return call


def _result(tool_use_id: str, output: object, *, is_error: bool = False) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": tool_use_id, "content": _text(output)}
    return {**result, "is_error": True} if is_error else result


def _text(output: object) -> str:
    if isinstance(output, str):
        return output
    try:
        return json.dumps(output, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return canonical_json(output)
