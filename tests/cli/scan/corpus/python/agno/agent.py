from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.tools import tool
from agno.tools.yfinance import YFinanceTools


@tool(show_result=True, stop_after_tool_call=True)
def top_stories(n: int = 5) -> str:
    """Top stories."""
    return ""


def dictionary(word: str) -> str:
    """Meaning of a word."""
    return word


agent = Agent(model=OpenAIChat(id="gpt-4o"), tools=[top_stories, dictionary, YFinanceTools()], instructions=["Use tables."])
