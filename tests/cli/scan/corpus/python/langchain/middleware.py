from langchain.agents.middleware import AgentMiddleware
from langchain.tools import tool


class NotesMiddleware(AgentMiddleware):
    def __init__(self, folder: str) -> None:
        super().__init__()

        @tool
        def list_notes() -> list[str]:
            """Names of the notes."""
            import os
            return os.listdir(folder)

        self.tools = [list_notes]
