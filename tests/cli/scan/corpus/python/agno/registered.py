from agno.tools import Toolkit


class DoorTools(Toolkit):
    def __init__(self) -> None:
        super().__init__(name="doors")
        self.register(self.open_door)
        self.register(self.is_open)

    def open_door(self, number: int) -> str:
        """Open a door."""
        return str(number)

    def is_open(self, number: int) -> bool:
        """Whether a door is open."""
        return False

    def lock(self, number: int) -> None:
        return None
