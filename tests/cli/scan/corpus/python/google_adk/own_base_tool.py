from google.adk.tools import BaseTool


class LoadNotes(BaseTool):
    def __init__(self):
        super().__init__(name="load_notes", description="Load the notes of a session")

    async def run_async(self, *, args, tool_context):
        return {}
