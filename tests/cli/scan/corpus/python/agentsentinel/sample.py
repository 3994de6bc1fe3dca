from agentsentinel_sdk import SentinelCallbackHandler
from langchain_core.tools import tool


@tool
def search_crm(query: str) -> str:
    """Search the customers."""
    return query


@SentinelTool
def send_email(to: str, text: str) -> str:
    """Send a mail."""
    return to


handler = SentinelCallbackHandler(description="Answers questions about customers")
