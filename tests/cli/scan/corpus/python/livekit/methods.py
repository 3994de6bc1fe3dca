from livekit.agents import Agent, RunContext, function_tool


class Receptionist(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="You answer the phone.")

    @function_tool
    async def hang_up(self, context: RunContext) -> None:
        """End the call."""

    @function_tool(name="take_message")
    async def message(self, context: RunContext, text: str) -> str:
        """Take a message."""
        return text
