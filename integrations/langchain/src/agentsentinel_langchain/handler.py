"""The callback handlers, sync and async.

LangChain reports a call's start and end by `run_id`, perhaps on different threads. The rest is inferred:

* a tool that failed and whose error was handled ends like one that did not; its message says `status="error"`;
* a tool that does not exist, and a call that a person refused, cause no tool callback at all: the model asked for it
  (`on_llm_end`), no tool was started for it, and an error message answers it (`on_chain_end`). When another process or
    handler has resumed the run, the inputs and outputs of the step that returns this message contain the request;
* a call whose arguments do not fit has begun for LangChain; the traceback of its error shows that no tool ran;
* the session is known only when LangGraph names a thread in the run's metadata.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import LLMResult
from pydantic import ValidationError

from agentsentinel_sdk import Monitor

DEFAULT_BASE_URL = "http://localhost:9000"
_READS_ARGUMENTS = "_parse_input"
"""Name of the method in which LangChain's tools validate the model's arguments against their schema."""
MOST_REQUESTED_CALLS = 1000
"""Limit of each table of calls and steps that are under way; the oldest entries are evicted."""


class LangChainMonitor(Monitor):
    """Translates callbacks into reported calls, for both the sync and the async handler."""

    framework = "langchain"
    session_prefix = "lc"

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        agent_name: str | None = None,
        agent_id: str | None = None,
        agent_type: str = "llm_agent",
        model: str | None = None,
        owner_team: str | None = None,
        description: str | None = None,
        *,
        verbose: bool = True,
        **shared: Any,
    ) -> None:
        super().__init__(
            api_key,
            base_url,
            agent_name,
            agent_id,
            agent_type,
            model,
            owner_team,
            description,
            verbose=verbose,
            **shared,
        )
        self._requested: dict[tuple[str, str], list[object]] = {}
        """Arguments of the calls that nothing has answered yet, by id and tool; the model's ids need not be unique."""
        self._known: dict[tuple[str, str], None] = {}
        """Calls that have been reported or are under way, newest last."""
        self._running: dict[UUID, UUID] = {}
        """Run id of the step that each unfinished tool run belongs to, by the tool's run id."""
        self._steps: dict[UUID, object] = {}
        """Inputs of the graph's steps that are under way, by the step's run id."""

    def _started(
        self,
        serialized: Mapping[str, Any] | None,
        input_str: str,
        run_id: UUID,
        inputs: dict[str, Any] | None,
        metadata: Mapping[str, Any] | None,
        more: Mapping[str, Any],
    ) -> None:
        name = (serialized or {}).get("name") or more.get("name") or "unnamed"
        tool_call_id = more.get("tool_call_id")
        thread_id = (metadata or {}).get("thread_id")
        arguments = input_str if inputs is None else inputs
        if more.get("parent_run_id") is not None:
            _bound(self._running)
            self._running[run_id] = more["parent_run_id"]
        if tool_call_id is not None:
            self._take(tool_call_id, name, arguments)
        self.calls.start(
            run_id,
            name,
            arguments,
            tool_call_id=tool_call_id,
            session_id=None if thread_id is None else str(thread_id),
        )

    def _ended(self, output: object, run_id: UUID) -> None:
        self._running.pop(run_id, None)
        messages = list(_tool_messages(output))
        content = [message.content for message in messages]
        if any(message.status == "error" for message in messages):
            self.calls.error(run_id, content[0])
        elif messages:
            self.calls.end(run_id, content[0] if len(content) == 1 else content)
        else:
            self.calls.end(run_id, getattr(output, "update", output) if _is_command(output) else output)

    def _raised(self, error: BaseException, run_id: UUID) -> None:
        self._running.pop(run_id, None)
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if "ParentCommand" in kinds:  # the tool hands over to another agent
            self.calls.end(run_id, None)
        elif "GraphBubbleUp" in kinds:  # it waits for a person, and is called again when the run goes on
            self.calls.suspended(run_id)
        elif isinstance(error, ValidationError) and _comes_from(error, _READS_ARGUMENTS):
            self.calls.denied(run_id, error)
        else:
            self.calls.error(run_id, error)

    def _asked(self, response: LLMResult) -> None:
        for generations in response.generations:
            for generation in generations:
                message = getattr(generation, "message", None)
                for call in message.tool_calls if isinstance(message, AIMessage) else ():
                    self._remember(call["id"], call["name"], call["args"])

    def _remember(self, call_id: str | None, name: str, arguments: object) -> None:
        if call_id is None:
            return
        _bound(self._requested)
        self._requested.setdefault((call_id, name), []).append(arguments)

    def _take(self, call_id: str, name: str, arguments: object = None) -> list[object]:
        """Remove and return the arguments of a requested call, in a list that is empty when no model requested it."""
        key = (call_id, name)
        _bound(self._known)
        self._known[key] = None
        asked = self._requested.pop(key, [])
        taken = asked.pop(asked.index(arguments) if arguments in asked else 0) if asked else None
        if asked:
            self._requested[key] = asked
        return [] if taken is None else [taken]

    def _stepped(self, inputs: object, run_id: UUID, metadata: Mapping[str, Any] | None, name: str | None) -> None:
        if name is not None and (metadata or {}).get("langgraph_node") == name:
            _bound(self._steps)
            self._steps[run_id] = inputs

    def _failed(self, error: BaseException, run_id: UUID) -> None:
        """Handle the failure of a step, and end its tools when the step was cancelled.

        LangChain before 1.8 reports that the step was cancelled, but not that its tools were.
        """
        self._steps.pop(run_id, None)
        if isinstance(error, CancelledError):
            for tool_run in [tool for tool, step in list(self._running.items()) if step == run_id]:
                self._raised(error, tool_run)

    def _answered(self, outputs: object, run_id: UUID) -> None:
        inputs = self._steps.pop(run_id, None)
        for message in _tool_messages(outputs):
            if message.status == "error":
                for arguments in self._unanswered(message, inputs, outputs):
                    self.calls.refused(str(message.name), arguments, message.content, tool_call_id=message.tool_call_id)

    def _unanswered(self, message: ToolMessage, inputs: object, outputs: object) -> list[object]:
        """Return the arguments of the call that this message answers, in a list; empty if a tool was started for it."""
        key = (message.tool_call_id, str(message.name))
        if key in self._requested:
            return self._take(*key)
        old = {(one.tool_call_id, str(one.name)) for one in _tool_messages(inputs)}
        if inputs is None or key in self._known or key in old:
            return []
        asked = [call["args"] for call in _asked_calls(outputs, inputs) if (call["id"], call["name"]) == key]
        self._take(*key)
        return asked[:1]


class SentinelCallbackHandler(LangChainMonitor, BaseCallbackHandler):
    """Reports every tool call of the runs it is attached to, with `invoke` and `ainvoke` alike.

    Args:
        api_key: `as_agt_...` for the agent it is bound to, or `as_adm_...`; default: AGENTSENTINEL_API_KEY.
        base_url: address of the AgentSentinel server.
        agent_name: shown in the dashboard; with an admin key, name and team together identify the agent.
        agent_id: the UUID of a registered agent, to continue its history.
        agent_type, model, owner_team, description: stored with the agent when it is registered.
        verbose: print the agent's registration and each call with its anomaly score.
        session_id: groups the calls that are made outside a LangGraph thread; default: `lc-` and eight digits.
        reporter: a reporter to share with other monitors.
    """

    run_inline = True
    """Tells LangChain to run the callbacks on the event loop: they take microseconds, so no other thread is needed."""

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Record the start of a tool call."""
        self._started(serialized, input_str, run_id, inputs, metadata, kwargs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Record the end of a tool call: with a result, or with an error that was handled."""
        self._ended(output, run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Record a tool call that failed, or that waits for a person."""
        self._raised(error, run_id)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Remember the tool calls that the model asks for, if any."""
        self._asked(response)

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember the inputs of a chain that is a step of a LangGraph graph."""
        self._stepped(inputs, run_id, metadata, kwargs.get("name"))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Handle a chain that failed or was cancelled, and its unfinished tools."""
        self._failed(error, run_id)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Report the calls that this chain answered with an error without running a tool."""
        self._answered(outputs, run_id)


class AsyncSentinelCallbackHandler(LangChainMonitor, AsyncCallbackHandler):
    """Asynchronous twin of `SentinelCallbackHandler`, with the same parameters."""

    async def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Record the start of a tool call."""
        self._started(serialized, input_str, run_id, inputs, metadata, kwargs)

    async def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Record the end of a tool call: with a result, or with an error that was handled."""
        self._ended(output, run_id)

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Record a tool call that failed, or that waits for a person."""
        self._raised(error, run_id)

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Remember the tool calls that the model asks for, if any."""
        self._asked(response)

    async def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember the inputs of a chain that is a step of a LangGraph graph."""
        self._stepped(inputs, run_id, metadata, kwargs.get("name"))

    async def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Handle a chain that failed or was cancelled, and its unfinished tools."""
        self._failed(error, run_id)

    async def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Report the calls that this chain answered with an error without running a tool."""
        self._answered(outputs, run_id)


def _messages(given: object) -> Iterator[BaseMessage]:
    """Yield the messages in a step's input or output.

    Either is a message, a list of messages, a state that contains them, or one or more commands that do.
    """
    if _is_command(given):
        given = getattr(given, "update", None)
    if isinstance(given, Mapping):
        given = given.get("messages", given.get("state"))
        if isinstance(given, Mapping):  # a call, sent together with the state of its graph
            given = given.get("messages")
    for item in given if isinstance(given, (list, tuple)) else (given,):
        if isinstance(item, BaseMessage):
            yield item
        elif _is_command(item):
            yield from _messages(item)


def _tool_messages(given: object) -> Iterator[ToolMessage]:
    return (message for message in _messages(given) if isinstance(message, ToolMessage))


def _asked_calls(*places: object) -> Iterator[Any]:
    """Yield the tool calls that models asked for in these inputs and outputs, those of the newest message first."""
    for place in places:
        for message in reversed(list(_messages(place))):
            yield from message.tool_calls if isinstance(message, AIMessage) else ()


def _is_command(output: object) -> bool:
    """Return whether this is LangGraph's `Command`, by which tools update the state.

    Compared by name, since LangGraph need not be installed.
    """
    return any(kind.__name__ == "Command" and kind.__module__ == "langgraph.types" for kind in type(output).__mro__)


def _comes_from(error: BaseException, function: str) -> bool:
    """Return whether the error was raised in or below a function of this name."""
    return any(frame.f_code.co_name == function for frame, _ in walk_tb(error.__traceback__))


def _bound(table: dict[Any, Any]) -> None:
    """Evict the oldest entries to make room for one more, so that entries that are never taken do not accumulate."""
    while len(table) >= MOST_REQUESTED_CALLS:
        table.pop(next(iter(table), None), None)
