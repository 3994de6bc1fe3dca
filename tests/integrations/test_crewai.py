"""The CrewAI adapter against CrewAI, with a model that speaks from a script."""

import asyncio
import json
import os
from typing import Any, ClassVar

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

from contract import Call, Contract, call, fail, search_crm, send_email
from crewai import Agent, BaseLLM, Crew, Task
from crewai.tools import tool

from agentsentinel_crewai import SentinelListener
from agentsentinel_sdk import Monitor
from conftest import Platform


class ScriptedModel(BaseLLM):
    def __init__(self, script: list[str]) -> None:
        super().__init__(model="scripted")
        self._script = script

    def call(self, *_: Any, **__: Any) -> str:
        return self._script.pop(0) if self._script else "Thought: enough\nFinal Answer: done"

    async def acall(self, *_: Any, **__: Any) -> str:
        return self.call()

    def supports_function_calling(self) -> bool:
        return False


def crew_of(turns: list[list[Call]]) -> Crew:
    script = [
        f"Thought: next\nAction: {one.tool}\nAction Input: {json.dumps(one.arguments)}\n"
        for turn in turns
        for one in turn
    ]
    tools = [tool(function.__name__)(function) for function in (search_crm, send_email, fail)]
    for one in tools:
        one.cache_function = lambda *_: False
    agent = Agent(role="r", goal="g", backstory="b", llm=ScriptedModel(script), tools=tools, cache=False, max_iter=20)
    return Crew(agents=[agent], tasks=[Task(description="go", expected_output="words", agent=agent)], cache=False)


class TestListener(Contract):
    has_call_ids: ClassVar[bool] = False
    tells_of_unknown_tools: ClassVar[bool] = False

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelListener(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        crew = crew_of(turns)
        return str(asyncio.run(crew.kickoff_async()) if mode == "async" else crew.kickoff())

    def test_a_tool_that_raises_is_one_error(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform)
        assert self.run(monitor, [[call("fail", reason="no")]], mode) == "done"
        events = self.events(platform, monitor)
        # CrewAI tries again by itself: each attempt is an error of its own
        assert {(event["tool_name"], event["status"]) for event in events} == {("fail", "error")}
