import anthropic
from anthropic import beta_tool


@beta_tool
def get_forecast(city: str) -> str:
    """Forecast of a city.

    Args:
        city: Where.
    """
    return "sun"


client = anthropic.Anthropic()
runner = client.beta.messages.tool_runner(model="claude-opus-4-5", max_tokens=500, tools=[get_forecast], messages=[])
