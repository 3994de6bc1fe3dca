from google.adk.agents import Agent
from google.adk.tools import LongRunningFunctionTool, google_search


def get_capital(country: str) -> dict:
    """Capital of a country."""
    return {"capital": CAPITALS[country]}


def ask_for_approval(amount: float) -> dict:
    """Ask a person."""
    return {"status": "pending"}


root_agent = Agent(
    name="assistant",
    model="gemini-2.5-flash",
    description="Knows capitals.",
    instruction="Answer.",
    tools=[get_capital, LongRunningFunctionTool(func=ask_for_approval), google_search],
)
