"""The callback handlers. LangChain tells of a call's start and end by `run_id`, perhaps on different threads.

Three things it does not tell are found out otherwise:

* a tool that failed and whose error was handled ends like one that did not; its message says `status="error"`;
* a tool that does not exist, and a call that a person refused, cause no tool callback at all: the model asked for it
  (`on_llm_end`), no tool was started for that call id, and an error message answers it (`on_chain_end`);
* the conversation is known only where LangGraph names a thread in the run's metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import LLMResult

from agentsentinel_sdk import Monitor

DEFAULT_BASE_URL = "http://localhost:9000"
MOST_REQUESTED_CALLS = 1000
"""Calls that a model asked for and no tool has answered yet."""


class LangChainMonitor(Monitor):
    """What both handlers do."""

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
        self._requested: dict[str, tuple[str, object]] = {}
        """What the model asked for, by its call id: tool name and arguments."""

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
        if tool_call_id is not None:
            self._requested.pop(tool_call_id, None)
        self.calls.start(
            run_id,
            name,
            input_str if inputs is None else inputs,
            tool_call_id=tool_call_id,
            session_id=None if thread_id is None else str(thread_id),
        )

    def _ended(self, output: object, run_id: UUID) -> None:
        content = output.content if isinstance(output, ToolMessage) else output
        if isinstance(output, ToolMessage) and output.status == "error":
            self.calls.error(run_id, content)
        else:
            self.calls.end(run_id, content)

    def _asked(self, response: LLMResult) -> None:
        for generations in response.generations:
            for generation in generations:
                message = getattr(generation, "message", None)
                for call in message.tool_calls if isinstance(message, AIMessage) else ():
                    self._remember(call["id"], call["name"], call["args"])

    def _remember(self, call_id: str | None, name: str, arguments: object) -> None:
        if call_id is None:
            return
        while len(self._requested) >= MOST_REQUESTED_CALLS:
            self._requested.pop(next(iter(self._requested), ""), None)
        self._requested[call_id] = (name, arguments)

    def _answered(self, outputs: object) -> None:
        if not self._requested:
            return
        for message in _tool_messages(outputs):
            call = self._requested.pop(message.tool_call_id, None) if message.status == "error" else None
            if call is not None:
                self.calls.refused(*call, message.content, tool_call_id=message.tool_call_id)


class SentinelCallbackHandler(LangChainMonitor, BaseCallbackHandler):
    """Reports every tool call of the runs it is attached to; for `invoke` and `ainvoke` alike.

    Args:
        api_key: `as_agt_...` for the agent it is bound to, or `as_adm_...`; default: AGENTSENTINEL_API_KEY.
        base_url: where AgentSentinel is.
        agent_name: shown in the dashboard; with an admin key it and the team name one agent.
        agent_id: the UUID of a registered agent, to go on with its history.
        agent_type, model, owner_team, description: what the agent says about itself when it is registered.
        verbose: print the agent's registration and each call with its anomaly score.
        session_id: groups the calls that are made outside a LangGraph thread; default: `lc-` and eight digits.
        reporter: a reporter that is shared with others.
    """

    run_inline = True
    """A call takes microseconds here, so it need not be sent to another thread in asynchronous runs."""

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
        """A tool begins."""
        self._started(serialized, input_str, run_id, inputs, metadata, kwargs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """It ends with a result, or with an error that was handled."""
        self._ended(output, run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It fails."""
        self.calls.error(run_id, error)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """The model has asked for tools, or not."""
        self._asked(response)

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """Perhaps calls were answered without any tool."""
        self._answered(outputs)


class AsyncSentinelCallbackHandler(LangChainMonitor, AsyncCallbackHandler):
    """The same for code that wants an asynchronous handler; parameters as in `SentinelCallbackHandler`."""

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
        """A tool begins."""
        self._started(serialized, input_str, run_id, inputs, metadata, kwargs)

    async def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """It ends with a result, or with an error that was handled."""
        self._ended(output, run_id)

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It fails."""
        self.calls.error(run_id, error)

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """The model has asked for tools, or not."""
        self._asked(response)

    async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """Perhaps calls were answered without any tool."""
        self._answered(outputs)


def _tool_messages(outputs: object) -> Iterator[ToolMessage]:
    """Those in what a step gives: a message, a list of them, or a state that holds one."""
    if isinstance(outputs, Mapping):
        outputs = outputs.get("messages", ())
    for item in outputs if isinstance(outputs, (list, tuple)) else (outputs,):
        if isinstance(item, ToolMessage):
            yield item
