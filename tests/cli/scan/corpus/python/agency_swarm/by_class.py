from agency_swarm import Agent
from agency_swarm.tools import BaseTool
from pydantic import Field


class ReadCalendar(BaseTool):
    """Reads the calendar of a day."""
    day: str = Field(..., description="ISO date")

    def run(self):
        return CALENDAR[self.day]


class BookRoom(BaseTool):
    """Books a room."""
    room: str = Field(..., description="Its name")

    def run(self):
        import requests
        return requests.post(f"https://rooms.example/{self.room}").text


assistant = Agent(name="Secretary", instructions="./instructions.md", tools=[ReadCalendar, BookRoom])
