"""Whether an agent may run code without a tool for it."""

import pytest

from agentsentinel_cli.scan.model import GrantKind
from cli.scan.recognize.python.support import agents, granted


@pytest.mark.parametrize(
    ("source", "runs_code"),
    [
        ("from smolagents import CodeAgent\nCodeAgent(tools=[], model='m')", True),
        ("from smolagents import CodeAgent\nclass Mine(CodeAgent):\n    pass\nMine(tools=[], model='m')", False),
        ("from smolagents import CodeAgent as Base\nclass CodeAgent(Base):\n    pass\nCodeAgent(model='m')", True),
        ("from code_agent import CodeAgent\nCodeAgent(model='m', tools=[])", False),
        ("from .core import CodeAgent\nCodeAgent(model='m', tools=[])", False),
        ("class CodeAgent:\n    pass\nCodeAgent(model='m', tools=[f])", False),
    ],
)
def test_only_a_frameworks_code_agent_runs_code_by_its_name(source: str, runs_code: bool) -> None:
    assert any(agent.runs_code for agent in agents(source)) == runs_code


def test_an_executor_of_the_provider_is_a_tool_that_runs_there() -> None:
    (agent,) = agents(
        "from google.adk.agents import LlmAgent\nfrom google.adk.code_executors import BuiltInCodeExecutor\n"
        "LlmAgent(name='a', model='m', code_executor=BuiltInCodeExecutor())"
    )
    assert granted(agent) == [(GrantKind.HOSTED, "BuiltInCodeExecutor")]
    assert agent.runs_code is None
