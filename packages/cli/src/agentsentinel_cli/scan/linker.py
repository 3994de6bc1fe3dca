"""The linker: combines the facts of many files into agents with the tools they may call, wherever those are defined.

A reference to another file is a `Symbol`. The linker resolves it by asking the file it refers to, which may only
re-export the name; so it asks in rounds until no question is open. A tool is created once, at its definition, and
granted to every agent that lists it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from agentsentinel_cli.scan.catalog.toolkits import GIVING_METHODS
from agentsentinel_cli.scan.classification import (
    class_of_fact,
    class_of_given,
    is_sure,
    safeguards_of,
    without_credentials,
)
from agentsentinel_cli.scan.model import (
    PURPOSE_ELSEWHERE,
    AgentFact,
    EffectFact,
    FileFacts,
    GrantFact,
    GrantKind,
    Symbol,
    ToolFact,
)
from agentsentinel_cli.scan.module_paths import EVERYTHING, Modules
from agentsentinel_cli.scan.report_model import Location, ScannedAgent, ScannedGrant, ScannedTool
from agentsentinel_core.light_dataclasses import dataclass, replace

_MOST_ROUNDS = 8
"""Most levels of re-exports that are followed; real packages have two or three."""
_DEEPEST_CALLS = 3
"""Most calls followed from one file to the next to see what a tool does."""

_OF_WHOLE_BODIES = frozenset({"arithmetic", "constant", "handover"})
"""Kinds of effects that say what a function does altogether."""

Ask = Callable[[Mapping[str, frozenset[str]]], dict[str, FileFacts]]
"""Callback from path -> wanted names to the facts of those files, with the answers for these names."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Definition that a symbol was resolved to: a tool, an agent, a text, or a list of grants of that file."""

    path: str
    tool: ToolFact | None = None
    agent: AgentFact | None = None
    text: str | None = None
    grants: tuple[GrantFact, ...] = ()


def link(facts: Mapping[str, FileFacts], paths: Iterable[str], ask: Ask) -> list[ScannedAgent]:
    """Return all agents, and the tools no agent lists grouped by file, sorted by path and line.

    `paths` are all scanned files, also those without facts: symbols are resolved among them. `ask` reads a file again
    with the names that others want from it.
    """
    return _Linker(facts, Modules(paths), ask).agents()


class _Linker:
    def __init__(self, facts: Mapping[str, FileFacts], modules: Modules, ask: Ask) -> None:
        self._facts = dict(facts)
        self._modules = modules
        self._ask = ask
        self._asked: dict[str, set[str]] = {}
        self._answers: dict[str, FileFacts] = {}
        self._open: set[tuple[str, str]] = set()
        self._tools: dict[tuple[str, int, int, str | None], ScannedTool] = {}
        self._held: set[tuple[str, int, int, str | None]] = set()

    def agents(self) -> list[ScannedAgent]:
        self._answer_all()
        agents: list[ScannedAgent] = []
        for path in sorted(self._facts):
            agents += self._agents_of(path)
        leftovers = [self._leftover(path) for path in sorted(self._facts)]
        agents = self._with_leftovers(agents, [agent for agent in leftovers if agent.tools])
        self._place_secrets(agents)
        self._place_poison(agents)
        agents = [agent for agent in agents if _says_something(agent)]
        agents.sort(key=lambda agent: (agent.path, agent.place.line if agent.place else 0, agent.name))
        seen: Counter[tuple[str, str]] = Counter()
        for agent in agents:
            agent.namesakes_before = seen[agent.path, agent.name]
            seen[agent.path, agent.name] += 1
        return agents

    # --- asking ---

    def _answer_all(self) -> None:
        for turn in range(_MOST_ROUNDS):
            self._open.clear()
            for path, symbol in self._questions(follows_calls=turn < _DEEPEST_CALLS):
                self._resolve(path, symbol)
            if not self._open:
                return
            for path, name in self._open:
                self._asked.setdefault(path, set()).add(name)
            changed = sorted({path for path, _ in self._open})
            self._answers.update(self._ask({path: frozenset(self._asked[path]) for path in changed}))

    def _questions(self, *, follows_calls: bool) -> Iterable[tuple[str, Symbol]]:
        """Yield every (path, symbol) by which a file, or an answer so far, refers to another file."""
        for path, facts in [*self._facts.items(), *self._answers.items()]:
            for symbol in _symbols_of(facts, follows_calls=follows_calls):
                yield path, symbol

    def _resolve(self, path: str, symbol: Symbol, depth: int = 0) -> _Found | None:
        if depth > _MOST_ROUNDS or symbol.name in ("", EVERYTHING):
            return None
        for file, name in self._modules.candidates(path, symbol.module, symbol.name):
            found = self._in_file(file, name, depth)
            if found is not None:
                return found
        return None

    def _in_file(self, path: str, name: str, depth: int) -> _Found | None:
        facts = self._facts.get(path)
        if name == EVERYTHING:
            # Strands accepts a module and grants all tools in it.
            tools = facts.tools if facts is not None else ()
            grants = tuple(GrantFact(GrantKind.LOCAL, tool.symbol or "", tool.place) for tool in tools)
            return _Found(path, grants=grants) if grants else None
        if facts is not None:
            if (tool := next((tool for tool in facts.tools if tool.symbol == name), None)) is not None:
                return _Found(path, tool=tool)
            if (agent := next((agent for agent in facts.agents if agent.symbol == name), None)) is not None:
                return _Found(path, agent=agent)
        if name not in self._asked.get(path, ()):
            self._open.add((path, name))
            return None
        answer = self._answers.get(path)
        return None if answer is None else self._in_answer(path, answer, name, depth)

    def _in_answer(self, path: str, answer: FileFacts, name: str, depth: int) -> _Found | None:
        if (function := answer.functions.get(name)) is not None:
            return _Found(path, tool=function, grants=answer.lists.get(name, ()))
        if (text := answer.constants.get(name)) is not None:
            return _Found(path, text=text)
        if (grants := answer.lists.get(name)) is not None:
            return _Found(path, grants=grants)
        if (forward := answer.forwards.get(name)) is not None:
            return self._resolve(path, forward, depth + 1)
        return None

    # --- building ---

    def _agents_of(self, path: str) -> list[ScannedAgent]:
        return [self._agent(path, fact) for fact in self._facts[path].agents]

    def _agent(self, path: str, fact: AgentFact) -> ScannedAgent:
        facts = self._facts[path]
        purpose = self._purpose(path, fact) or facts.description
        agent = ScannedAgent(
            name=fact.name,
            path=path,
            place=fact.place,
            framework=fact.framework,
            model=fact.model or facts.model,
            description=purpose or facts.module_docstring or None,
            is_purpose_own=bool(purpose),
            servers=fact.servers,
            safeguards=fact.safeguards,
        )
        if fact.runs_code is not None:
            agent.executors.append(Location(path, fact.runs_code, "code execution"))
        for grant in fact.grants:
            self._grant(agent, path, grant)
        return agent

    def _purpose(self, path: str, fact: AgentFact) -> str | None:
        if not isinstance(fact.description, Symbol):
            return fact.description
        found = self._resolve(path, fact.description)
        return (found.text if found is not None else None) or PURPOSE_ELSEWHERE

    def _grant(
        self, agent: ScannedAgent, path: str, grant: GrantFact, depth: int = 0, given: Location | None = None
    ) -> None:
        """Grant an entry of a list of tools; `given` is where the agent gets a toolkit of another file."""
        target = grant.target
        if grant.kind is GrantKind.LOCAL and isinstance(target, str):
            self._grant_local(agent, path, target, grant, given)
        elif isinstance(target, Symbol):
            found = self._resolve(path, target)
            is_plain = found is not None and found.tool is not None and found.tool.idiom == "tools-list"
            if found is None or (grant.is_called and is_plain and not found.grants):
                _add_grant(agent, _given_name(target.name), "imported", target.module, path, grant)
            elif found.grants and (grant.is_called or found.tool is None) and depth < _MOST_ROUNDS:
                for member in found.grants:
                    made = replace(
                        member,
                        flags=member.flags or grant.flags,
                        included=member.included or grant.included,
                        excluded=member.excluded or grant.excluded,
                    )
                    self._grant(agent, found.path, made, depth + 1, given or _place_of_toolkit(path, grant))
            else:
                self._grant_found(agent, found, path, grant, given)
        else:
            _add_grant(agent, str(target), grant.kind.value, "", path, grant)

    def _grant_local(
        self, agent: ScannedAgent, path: str, target: str, grant: GrantFact, given: Location | None
    ) -> None:
        facts = self._facts.get(path)
        matching = [tool for tool in facts.tools if tool.symbol == target] if facts is not None else []
        answer = self._answers.get(path)
        if not matching and answer is not None:
            # Answers may contain tools that the file's own facts do not: without the question they are plain functions.
            matching = [tool for tool in answer.tools if tool.symbol == target]
            matching = matching or [answer.functions[target]] if target in answer.functions else matching
        for tool in matching:
            if _is_switched_on(grant, tool):
                self._hold(agent, path, tool, given)
            else:
                self._held.add(_key(path, tool))
        if not matching:
            is_agent = facts is not None and any(other.symbol == target for other in facts.agents)
            _add_grant(agent, target, "agent" if is_agent else "dynamic", "", path, grant)

    def _grant_found(
        self, agent: ScannedAgent, found: _Found, path: str, grant: GrantFact, given: Location | None
    ) -> None:
        if found.tool is not None:
            self._hold(agent, found.path, found.tool, given)
        elif found.agent is not None:
            _add_grant(agent, found.agent.name, "agent", found.path, path, grant)
        else:
            _add_grant(agent, found.text or "?", "dynamic", found.path, path, grant)

    def _hold(self, agent: ScannedAgent, path: str, fact: ToolFact, given: Location | None) -> None:
        tool = self._scanned(path, fact)
        self._held.add(_key(path, fact))
        if tool not in agent.tools:
            agent.tools.append(tool)
            if given is not None and given.path != path:
                agent.granted_at[tool.path, tool.place, tool.shown] = replace(given, note=f"grant {tool.shown}")

    def _scanned(self, path: str, fact: ToolFact) -> ScannedTool:
        key = _key(path, fact)
        if key not in self._tools:
            self._tools[key] = self._new_tool(path, fact)
        return self._tools[key]

    def _new_tool(self, path: str, fact: ToolFact) -> ScannedTool:
        if fact.implementation is not None:
            fact = self._with_body(path, fact, fact.implementation)
        fact = replace(fact, effects=tuple(dict.fromkeys(self._effects(path, fact))))
        name = fact.name
        if isinstance(name, Symbol):
            found = self._resolve(path, name)
            name = found.text if found is not None else None
        shown = name if name is not None else f"({fact.symbol or 'name'} at run time)"
        fact = without_credentials(fact)
        found_class = class_of_fact(name if name is not None else _own_name(fact), fact)
        return ScannedTool(
            name=name,
            shown=shown,
            path=path,
            place=fact.place,
            framework=fact.framework,
            idiom=fact.idiom,
            description=fact.description,
            tool_class=found_class,
            is_sure=is_sure(found_class, fact),
            safeguards=safeguards_of(fact),
        )

    def _with_body(self, path: str, fact: ToolFact, implementation: Symbol) -> ToolFact:
        found = self._resolve(path, implementation)
        if found is None or found.tool is None:
            return fact
        body = found.tool
        return replace(
            fact,
            name=fact.name if fact.name is not None else body.name,
            description=fact.description or body.description,
            parameters=fact.parameters or body.parameters,
            effects=(*fact.effects, *self._effects(found.path, body)),
        )

    def _effects(self, path: str, fact: ToolFact, depth: int = 0) -> Iterable[EffectFact]:
        """Yield the effects of a tool, in its own body and in the functions of other files that it calls."""
        # What a helper returns is not all that its caller does.
        yield from (effect for effect in fact.effects if not (depth and effect.kind in _OF_WHOLE_BODIES))
        for symbol in fact.calls if depth < _DEEPEST_CALLS else ():
            found = self._resolve(path, symbol)
            if found is not None and found.tool is not None:
                yield from self._effects(found.path, found.tool, depth + 1)

    def _leftover(self, path: str) -> ScannedAgent:
        facts = self._facts[path]
        tools = [self._scanned(path, tool) for tool in facts.tools if _key(path, tool) not in self._held]
        return ScannedAgent(
            name=path.rpartition("/")[2],
            path=path,
            place=None,
            framework=tools[0].framework if tools else "",
            model=facts.model,
            description=facts.description or facts.module_docstring or None,
            tools=list(dict.fromkeys(tools)),
            is_agent=False,
        )

    def _with_leftovers(self, agents: list[ScannedAgent], leftovers: list[ScannedAgent]) -> list[ScannedAgent]:
        """Assign the tools that no agent lists, file by file.

        They belong to the file's agent when there is exactly one and its list is open or absent, else to the file.
        """
        result = list(agents)
        for leftover in leftovers:
            owners = [agent for agent in agents if agent.path == leftover.path]
            if len(owners) == 1 and _is_open(owners[0]):
                owners[0].tools += [tool for tool in leftover.tools if tool not in owners[0].tools]
            else:
                result.append(leftover)
        return result

    def _place_secrets(self, agents: list[ScannedAgent]) -> None:
        for path, facts in sorted(self._facts.items()):
            if facts.secrets:
                owner = self._owner(agents, path)
                for secret in facts.secrets:
                    where = Location(path, secret.place, f"{secret.provider} credential")
                    owner.secrets.append((where, secret.provider, secret.masked, secret.is_certain))

    def _place_poison(self, agents: list[ScannedAgent]) -> None:
        for path, facts in sorted(self._facts.items()):
            for text in facts.poison:
                where = Location(path, text.place, f"tool {text.tool}")
                assigned_names = [
                    agent
                    for agent in agents
                    if any(tool.path == path and tool.name == text.tool for tool in agent.tools)
                ]
                for holder in assigned_names or [self._owner(agents, path)]:
                    holder.poison.append((where, text.tool, text.kind, text.excerpt))

    def _owner(self, agents: list[ScannedAgent], path: str) -> ScannedAgent:
        """Return the first agent or tool group of a file, which its secrets and poison are assigned to.

        When the file has none, an empty group for the file is added to `agents`.
        """
        here = [agent for agent in agents if agent.path == path]
        if here:
            return min(here, key=lambda agent: agent.place.line if agent.place else 0)
        alone = self._leftover(path)
        alone.tools.clear()
        agents.append(alone)
        return alone


def _key(path: str, fact: ToolFact) -> tuple[str, int, int, str | None]:
    return path, fact.place.line, fact.place.column, fact.name if isinstance(fact.name, str) else fact.symbol


def _place_of_toolkit(path: str, grant: GrantFact) -> Location | None:
    """Return where an agent gets a toolkit or a list; None for a helper that is called, whose tools are its own."""
    return None if grant.is_called else Location(path, grant.place)


def _is_switched_on(grant: GrantFact, tool: ToolFact) -> bool:
    """Whether the arguments of a toolkit switch one of its methods on; what is known only at run time may."""
    if tool.name in grant.excluded or (grant.included and tool.name not in grant.included):
        return False
    given = dict(grant.flags)
    if "**" in given:
        return True
    return all(
        any(given.get(flag.name, given.get(str(flag.position), flag.default)) in (flag.value, None) for flag in group)
        for group in grant.needs
    )


def _own_name(fact: ToolFact) -> str:
    """Return the function or variable that holds a tool without a name, not the factory around it."""
    return (fact.symbol or "").rpartition(".")[2]


def _is_open(agent: ScannedAgent) -> bool:
    return not (agent.tools or agent.grants) or any(grant.kind == "dynamic" for grant in agent.grants)


def _says_something(agent: ScannedAgent) -> bool:
    return bool(agent.tools or agent.grants or agent.servers or agent.secrets or agent.poison or agent.executors)


def _given_name(name: str) -> str:
    """Return the name of what a package gives: its class for `FileManagementToolkit.get_tools`, else the last word."""
    *before, last = name.split(".")
    makers = [word for word in before if word[:1].isupper()]
    return makers[-1] if last in GIVING_METHODS and makers else last


def _add_grant(agent: ScannedAgent, name: str, kind: str, origin: str, path: str, grant: GrantFact) -> None:
    known = class_of_given(name, grant.included, grant.excluded) if kind in ("imported", "hosted") else None
    entry = ScannedGrant(name, kind, origin, path, grant.place, known)
    if entry not in agent.grants:
        agent.grants.append(entry)


def _symbols_of(facts: FileFacts, *, follows_calls: bool) -> Iterable[Symbol]:
    for tool in (*facts.tools, *facts.functions.values()):
        yield from _symbols_of_tool(tool)
        yield from tool.calls if follows_calls else ()
    yield from (agent.description for agent in facts.agents if isinstance(agent.description, Symbol))
    lists = (*(agent.grants for agent in facts.agents), *facts.lists.values())
    for grant in (grant for grants in lists for grant in grants):
        if isinstance(grant.target, Symbol):
            yield grant.target


def _symbols_of_tool(tool: ToolFact) -> Iterable[Symbol]:
    if isinstance(tool.name, Symbol):
        yield tool.name
    if tool.implementation is not None:
        yield tool.implementation
