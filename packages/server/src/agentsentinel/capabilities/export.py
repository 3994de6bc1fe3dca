"""What agents can do as a file, read and written page by page: CSV with a column a capability, or a JSON array."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

import msgspec

from agentsentinel.capabilities import service
from agentsentinel.capabilities.schemas import CapabilityFilters, CapabilityMapOut, PathOut
from agentsentinel.kit.database import Database
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview.repository import trust_rank
from agentsentinel.wire.csv_lines import csv_line
from agentsentinel_core.agents import Capability

PAGE = 500


class CapabilityFormat(StrEnum):
    """Form of a file of capabilities."""

    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {CapabilityFormat.CSV: "text/csv", CapabilityFormat.JSON: "application/json"}
CAPABILITIES = tuple(sorted(capability.value for capability in Capability))
COLUMNS = ("id", "name", "owner_team", "status", "trust_score", *CAPABILITIES, "paths")


async def write(database: Database, filters: CapabilityFilters, form: CapabilityFormat) -> AsyncIterator[str]:
    """Yield a file of all agents that pass the filters and hold a capability, least trusted first, in pieces."""
    after: Ranked | None = None
    is_first = True
    yield csv_line(COLUMNS) if form is CapabilityFormat.CSV else "["
    while is_first or after is not None:
        async with database.transaction() as session:
            found = await service.map_capabilities(session, filters._replace(is_capable=True), PAGE, after)
        if found.agents:
            yield _as_csv(found) if form is CapabilityFormat.CSV else _as_json(found, is_first=is_first)
        last = found.agents[-1] if len(found.agents) == PAGE else None
        after = (trust_rank(last.trust_score), last.id) if last else None
        is_first = False
    if form is CapabilityFormat.JSON:
        yield "]"


def _as_csv(found: CapabilityMapOut) -> str:
    lines = []
    for agent, paths in _with_paths(found):
        tools = {name: " ".join(agent["capabilities"].get(name, ())) for name in CAPABILITIES}
        ways = "; ".join(f"{path.entry_capability} > {path.exit_capability}" for path in paths)
        row = agent | tools | {"paths": ways}
        lines.append(csv_line(row[name] for name in COLUMNS))
    return "".join(lines)


def _as_json(found: CapabilityMapOut, *, is_first: bool) -> str:
    rows = [
        msgspec.json.encode(agent | {"paths": [path.model_dump(exclude={"agent_id"}) for path in paths]}).decode()
        for agent, paths in _with_paths(found)
    ]
    return ("" if is_first else ",") + ",".join(rows)


def _with_paths(found: CapabilityMapOut) -> list[tuple[dict[str, Any], list[PathOut]]]:
    return [
        (agent.model_dump(mode="json"), list(service.find_paths(agent.id, agent.capabilities)))
        for agent in found.agents
    ]
