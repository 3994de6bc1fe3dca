from langchain_core.tools import StructuredTool, Tool


def add_numbers(a: float, b: float) -> float:
    """Add."""
    return a + b


async def fetch_rates(day: str) -> dict:
    """Exchange rates of a day."""
    return {}


adder = StructuredTool.from_function(func=add_numbers, name="adder", description="Add two numbers")
rates = StructuredTool.from_function(coroutine=fetch_rates)
clock = Tool(name="Clock", func=lambda _: "12:00", description="What time it is")
old = Tool("Search", add_numbers, "Find things")
