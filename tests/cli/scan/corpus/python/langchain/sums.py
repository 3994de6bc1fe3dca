"""Arithmetic, whose verbs are those of writers."""

from langchain_openai import ChatOpenAI


def add(a: int, b: int) -> int:
    """Adds a and b."""
    return a + b


def add_note(text: str) -> str:
    """Add a note."""
    return "kept " + text


model = ChatOpenAI(model="gpt-4o").bind_tools([add, add_note])
