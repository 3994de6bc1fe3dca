"""Resolve the agent of a span by the ids and names in it, when the key is not bound to an agent."""

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

    def find(self, names: Iterable[str]) -> Sequence[UUID]:
        """Resolve the first of these ids or names that is registered.

        Returns one agent, or several with the same name, or none when nothing is registered.
        """
        for one in names:
            agent_id = as_id(one)
            if agent_id is not None and agent_id in self._ids:
                return (agent_id,)
            if one in self._by_name:
                return self._by_name[one]
        return ()
