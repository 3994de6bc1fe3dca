from autogen.beta import Agent, tool


@tool
def translate(text: str, language: str) -> str:
    """Translate a text."""
    return text


agent = Agent("translator", tools=[translate])
