from mcp.types import Tool

from .toolhandler import ToolHandler
from .names import READ_CALENDAR

ARCHIVE = "mail_archive"


class Archive(ToolHandler):
    def __init__(self):
        super().__init__(ARCHIVE)

    def describe(self) -> Tool:
        return Tool(name=self.name, description="Archive a mail", inputSchema={"type": "object"})


class Read(ToolHandler):
    def __init__(self):
        super().__init__(READ_CALENDAR)

    def describe(self) -> Tool:
        return Tool(name=self.name, description="Read the calendar", inputSchema={"type": "object"})
