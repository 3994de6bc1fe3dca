from autogen_agentchat.agents import AssistantAgent
from autogen_core.tools import FunctionTool
from autogen_ext.models.openai import OpenAIChatCompletionClient


async def get_stock_price(ticker: str) -> float:
    """Latest price."""
    return 1.0


def place_order(ticker: str, amount: int) -> str:
    return BROKER.post("/orders", json={"t": ticker, "n": amount})


price_tool = FunctionTool(get_stock_price, description="Latest price of a stock")
order_tool = FunctionTool(func=place_order, name="buy_stock", description="Buy shares")

trader = AssistantAgent(
    "trader",
    model_client=OpenAIChatCompletionClient(model="gpt-4.1"),
    tools=[price_tool, order_tool],
    system_message="You trade.",
)
