"""The authenticated caller of a request, and its record in the audit log."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class KeyScope(StrEnum):
    """What a key may do: everything (admin), report for one agent (agent), or read (readonly)."""

    ADMIN = "admin"
    AGENT = "agent"
    READONLY = "readonly"


class Principal(NamedTuple):
    """The authenticated caller: a live key, or a browser that is signed in with it."""

    key_id: UUID
    scope: KeyScope
    agent_id: UUID | None
    """Id of the agent that an agent key is bound to; None for other scopes."""
    session_id: UUID | None = None
    """Id of the browser session that acts for the key; None when the request carried the key itself."""
    key_name: str = ""

    def may_report_for(self, agent_id: UUID) -> bool:
        """Tell whether this caller may post events of that agent."""
        return self.scope is KeyScope.ADMIN or (
            # Compared as numbers, at a tenth of the cost: this runs for every event.
            self.scope is KeyScope.AGENT and self.agent_id is not None and self.agent_id.int == agent_id.int
        )


class Actor(NamedTuple):
    """The author of a change as the audit log records it."""

    key_id: UUID | None
    name: str
    """Name of the key, or of the other source of the change (`command line`, `platform`)."""
    address: str = ""
    """Client address; empty for changes made on the machine itself."""


COMMAND_LINE = Actor(None, "command line")
PLATFORM = Actor(None, "platform")
