from pydantic_ai import Agent, Tool

from . import actions


def _pause(seconds: int) -> None:
    """Wait."""


_ACTIONS = [
    ("pause", _pause, "Wait for some seconds"),
    ("open_door", actions.open_door, "Open a door"),
    ("close_door", actions.close_door, "Close a door"),
]


def build() -> Agent:
    tools = []
    for name, function, text in _ACTIONS:
        tools.append(Tool(function, name=name, description=text))
    return Agent("test", tools=tools)
