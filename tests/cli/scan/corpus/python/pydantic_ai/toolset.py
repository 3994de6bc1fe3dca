from pydantic_ai import Agent, Tool
from pydantic_ai.toolsets import FunctionToolset


def temperature(city: str) -> float:
    return 21.0


def humidity(city: str) -> float:
    return 0.4


weather = FunctionToolset(tools=[temperature])
agent = Agent("test", toolsets=[weather], tools=[Tool(humidity, name="air_humidity")])
