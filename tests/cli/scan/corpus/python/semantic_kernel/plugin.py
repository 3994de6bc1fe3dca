from typing import Annotated

from semantic_kernel.functions import kernel_function


class LightsPlugin:
    lights = [{"id": 1, "on": False}]

    @kernel_function
    def get_lights(self) -> list:
        """All lights."""
        return self.lights

    @kernel_function(name="change_state", description="Turn a light on or off")
    async def set_state(self, light: Annotated[int, "its id"], on: bool) -> str:
        self.lights[light]["on"] = on
        return "ok"

    @kernel_function(
        description="""
        Describes a room.
        It may take a while.
        """
    )
    def describe_room(self, room: str) -> str:
        return room

    def _internal(self):
        return None
