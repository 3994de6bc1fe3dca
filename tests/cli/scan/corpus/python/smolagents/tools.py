from smolagents import CodeAgent, InferenceClientModel, Tool, tool


@tool
def travel_time(start: str, end: str) -> str:
    """Travel time between two places.

    Args:
        start: From.
        end: To.
    """
    return "1 h"


class DownloadsTool(Tool):
    name = "model_downloads"
    description = "Most downloaded model of a task"
    inputs = {"task": {"type": "string", "description": "the task"}}
    output_type = "string"

    def forward(self, task: str) -> str:
        return task


agent = CodeAgent(tools=[travel_time, DownloadsTool()], model=InferenceClientModel())
