from agents import Agent
from agents.mcp import MCPServerStdio


async def main() -> None:
    async with MCPServerStdio(
        name="files", params={"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/srv"]}
    ) as files:
        agent = Agent(name="Librarian", instructions="Use the files.", mcp_servers=[files])
