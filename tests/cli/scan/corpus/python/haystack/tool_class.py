from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.tools import Tool, Toolset, tool


def multiply(a: int, b: int) -> int:
    return a * b


PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}

times = Tool(name="times", description="Multiply", parameters=PARAMETERS, function=multiply)


@tool
def word_count(text: str) -> int:
    """Count words."""
    return len(text.split())


agent = Agent(chat_generator=OpenAIChatGenerator(model="gpt-4o-mini"), tools=Toolset([times, word_count]))
