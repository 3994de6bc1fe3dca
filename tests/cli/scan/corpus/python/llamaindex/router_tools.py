"""A router that takes its tools under names of their own."""

from llama_index.llms.openai import OpenAI
from llama_index.protocols.ag_ui.router import get_ag_ui_workflow_router


def highlight_row(row: int) -> str:
    """Highlight a row of the table."""
    return f"row {row}"


async def delete_row(row: int) -> str:
    """Delete a row of the table."""
    return f"deleted {row}"


router = get_ag_ui_workflow_router(
    llm=OpenAI(model="gpt-4.1"),
    frontend_tools=[highlight_row],
    backend_tools=[delete_row],
    system_prompt="Help with the table.",
)
