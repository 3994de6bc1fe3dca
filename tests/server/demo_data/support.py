"""Remove the demo agent."""

from agentsentinel.demo_data.story import AGENT
from server.support import Server


def delete_demo(server: Server) -> None:
    for agent in server.api.get("agents", params={"owner_team": AGENT.owner_team}).json():
        server.api.delete(f"agents/{agent['id']}")
