from google.adk.tools import FunctionTool


async def recall(query: str) -> dict:
    """Recall what was said."""
    return {}


class RecallTool(FunctionTool):
    """Recalls, and says so to the model."""

    def __init__(self):
        super().__init__(recall)

    async def run_async(self, *, args, tool_context):
        return await super().run_async(args=args, tool_context=tool_context)
