from autogen_agentchat.agents import AssistantAgent


async def find_flights(origin: str, target: str) -> list[str]:
    """Flights between two cities."""
    return []


def _normalise(city: str) -> str:
    return city.lower()


agent = AssistantAgent(name="travel", model_client=client, tools=[find_flights])
