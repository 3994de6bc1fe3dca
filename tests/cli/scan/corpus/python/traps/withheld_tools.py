"""Lists in `_tools` that grant nothing: what is kept from the model, names, and callbacks."""

from agents import Agent


def wipe_disk(name: str) -> str:
    """Wipe a disk."""
    return name


def list_tools() -> list:
    return []


def build(**options):
    return options


options = build(disabled_tools=[wipe_disk], allowed_tools=["Read", "Grep"], on_list_tools=None)
helper = Agent(name="helper", instructions="Helps.")
