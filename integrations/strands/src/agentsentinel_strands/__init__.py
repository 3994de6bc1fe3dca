"""AgentSentinel for Strands Agents (AWS): one hook provider reports every tool call of an agent.

    agent = Agent(model=model, tools=[...], hooks=[SentinelHooks(api_key="as_agt_...")])

A hook that raises would abort the run; these do not raise.
"""

from __future__ import annotations

from typing import Any

from strands.hooks import AfterToolCallEvent, BeforeToolCallEvent, HookProvider, HookRegistry

from agentsentinel_sdk import Monitor

__all__ = ["SentinelHooks"]


class SentinelHooks(Monitor, HookProvider):
    """Reports tool calls; parameters as in `agentsentinel_sdk.Monitor`."""

    framework = "strands"
    session_prefix = "str"

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        """Strands asks for this when the agent is made."""
        registry.add_callback(BeforeToolCallEvent, self._begun)
        registry.add_callback(AfterToolCallEvent, self._ended)

    def _begun(self, event: BeforeToolCallEvent) -> None:
        if event.selected_tool is not None:
            tool_use = event.tool_use
            self.calls.start(_key(event), tool_use["name"], tool_use["input"], tool_call_id=tool_use["toolUseId"])

    def _ended(self, event: AfterToolCallEvent) -> None:
        tool_use, result = event.tool_use, event.result
        content = result.get("content")
        if not self.calls.is_open(_key(event)):
            self.calls.refused(tool_use["name"], tool_use["input"], content, tool_call_id=tool_use["toolUseId"])
        elif event.cancel_message:
            self.calls.denied(_key(event), event.cancel_message)
        elif event.exception is not None or result.get("status") == "error":
            self.calls.error(_key(event), event.exception or content)
        else:
            self.calls.end(_key(event), content)


def _key(event: Any) -> tuple[int, str]:
    """Two agents may use the same id at once."""
    return id(event.agent), event.tool_use["toolUseId"]
