"""Whose span it is, when the key does not say so."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from agentsentinel.agents.service import as_id


class AgentDirectory:
    """Registered agents by the ids and names that spans mention."""

    def __init__(self, identities: Iterable[tuple[UUID, str]]) -> None:
        self._ids: set[UUID] = set()
        self._by_name: dict[str, list[UUID]] = {}
        for agent_id, name in identities:
            self._ids.add(agent_id)
            self._by_name.setdefault(name, []).append(agent_id)

    def find(self, told: Iterable[str]) -> Sequence[UUID]:
        """What the first of these to be known stands for: one agent, or several that have the same name, or none."""
        for one in told:
            agent_id = as_id(one)
            if agent_id is not None and agent_id in self._ids:
                return (agent_id,)
            if one in self._by_name:
                return self._by_name[one]
        return ()
