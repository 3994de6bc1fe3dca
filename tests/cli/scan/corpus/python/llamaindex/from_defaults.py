from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI


def subtract(a: int, b: int) -> int:
    """Subtract."""
    return a - b


async def draft_reply(topic: str) -> str:
    return topic


minus = FunctionTool.from_defaults(fn=subtract)
draft = FunctionTool.from_defaults(async_fn=draft_reply, name="draft", description="Draft a reply")
agent = FunctionAgent(tools=[minus, draft], llm=OpenAI(model="gpt-4o-mini"), system_prompt="Be brief.")
