"""A tool between agents, named by `tool_name`."""

from agency_swarm import Agency, Agent
from agency_swarm.tools.send_message import SendMessage
from pydantic import Field


class SendMessageWithDeadline(SendMessage):
    """Pass a message on, with the day by which it must be answered."""

    tool_name = "send_message_with_deadline"

    deadline: str = Field(description="The day.")


planner = Agent(name="Planner", description="Plans.")
writer = Agent(name="Writer", description="Writes.")
agency = Agency(planner, communication_flows=[(planner > writer, SendMessageWithDeadline)])
