"""The authenticated caller."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class KeyScope(StrEnum):
    """What a key may do: everything; report for one agent; read."""

    ADMIN = "admin"
    AGENT = "agent"
    READONLY = "readonly"


class Principal(NamedTuple):
    """Whose request it is: one live key, or a browser that is signed in with it."""

    key_id: UUID
    scope: KeyScope
    agent_id: UUID | None
    """The agent an agent key is bound to; None for other scopes."""
    session_id: UUID | None = None
    """The sign-in session that speaks for the key; None when the key came itself."""
    key_name: str = ""

    def may_report_for(self, agent_id: UUID) -> bool:
        """Whether this caller may post events of that agent."""
        return self.scope is KeyScope.ADMIN or (
            # Compared as numbers, at a tenth of the cost: this is asked for every event.
            self.scope is KeyScope.AGENT and self.agent_id is not None and self.agent_id.int == agent_id.int
        )


class Actor(NamedTuple):
    """Who does something, as the audit log will tell it."""

    key_id: UUID | None
    name: str
    """The key's name, or what else it was."""
    address: str = ""
    """The client's address; empty on the machine itself."""


COMMAND_LINE = Actor(None, "command line")
PLATFORM = Actor(None, "platform")
