from enum import Enum

from mcp.server import Server
from mcp.types import TextContent, Tool


class RepoTools(str, Enum):
    STATUS = "repo_status"
    COMMIT = "repo_commit"
    LOG = "repo_log"


PUSH_TOOL = "repo_push"


async def serve() -> None:
    server = Server("repo")

    @server.list_tools()
    async def list_tools() -> list[Tool]:
        return [
            Tool(name=RepoTools.STATUS, description="Status", inputSchema=Status.model_json_schema()),
            Tool(name=RepoTools.COMMIT.value, description="Commit", inputSchema=Commit.model_json_schema()),
            Tool(name=RepoTools.LOG, description="Log", inputSchema=Log.model_json_schema()),
            Tool(name=PUSH_TOOL, description="Push", inputSchema=Push.model_json_schema()),
        ]
