from langchain_core.tools import tool
from pydantic import BaseModel, Field


class TicketInput(BaseModel):
    title: str = Field(description="One line")
    body: str


@tool("open-ticket", args_schema=TicketInput, return_direct=True)
def _open(title: str, body: str) -> str:
    """File a ticket with the help desk."""
    import requests
    requests.post("https://desk.example/api/tickets", json={"title": title, "body": body}, timeout=5)
    return "filed"


@tool("Look up ticket", parse_docstring=True)
def lookup(ticket_id: int) -> str:
    """Look a ticket up.

    Args:
        ticket_id: Its number.
    """
    return str(ticket_id)
