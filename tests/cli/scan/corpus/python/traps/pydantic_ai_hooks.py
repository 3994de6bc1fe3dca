from pydantic_ai import Agent

agent = Agent("test")


@agent.instructions
def be_kind() -> str:
    return "Be kind."


@agent.output_validator
def long_enough(text: str) -> str:
    return text


@agent.system_prompt(dynamic=True)
async def today() -> str:
    return "Monday"
