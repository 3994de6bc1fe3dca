"""An agent under construction, to which recognisers add what they find."""

import ast

from agentsentinel_cli.scan.model import (
    GrantFact,
    Place,
    SafeguardFact,
    ServerFact,
    Symbol,
)
from agentsentinel_cli.scan.syntax.python.scopes import (
    Scope,
)
from agentsentinel_core.light_dataclasses import dataclass, field, replace


@dataclass(slots=True)
class AgentDraft:
    """Agent under construction, to which grants and servers are added."""

    node: ast.expr
    scope: Scope
    name: str
    symbol: str | None
    framework: str
    place: Place
    model: str | None = None
    description: str | Symbol | None = None
    grants: list[GrantFact] = field(default_factory=list)
    servers: list[ServerFact] = field(default_factory=list)
    runs_code: Place | None = None
    safeguards: list[SafeguardFact] = field(default_factory=list)
    is_server: bool = False
    inner: set[int] = field(default_factory=set)
    """ids of constructor calls of agents that this one runs, such as the agent of an AgentExecutor."""


def merge_inner(draft: AgentDraft, drafts: list[AgentDraft], places: dict[int, int]) -> AgentDraft:
    """Merge the inner agents of a draft into it; `places` maps the id of a draft's node to its index in `drafts`."""
    inner = sorted(places[node] for node in draft.inner if node in places and node != id(draft.node))
    for other in [drafts[at] for at in inner]:
        draft = replace(
            draft,
            grants=[*draft.grants, *other.grants],
            servers=[*draft.servers, *other.servers],
            model=draft.model or other.model,
            description=draft.description or other.description,
            runs_code=draft.runs_code or other.runs_code,
            safeguards=[*draft.safeguards, *other.safeguards],
        )
    return draft
