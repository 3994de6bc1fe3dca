"""The classifier of tools: what a tool can do, from its name, claims about it and its body.

The name is the basis, because it is what a person granted. Claims (MCP annotations, the description, the input schema)
come from the author of the tool, so they may raise the class and never lower it. When the source is available, the
effects of the body are facts instead of claims: they decide first, and only they can downgrade a vague verb
(`run_report` whose body only reads).
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools import vocabulary
from agentsentinel_core.tools.capability import Capability, ToolCategory, ToolScope
from agentsentinel_core.tools.effects import SAFEGUARDS, ObservedEffect
from agentsentinel_core.tools.name import ToolName, read_name
from agentsentinel_core.tools.observed import (
    WEB_WORDS,
    Caller,
    effects,
    only_answers,
    only_computes,
    only_queries,
    only_reads,
    runs_fixed_programs,
)
from agentsentinel_core.tools.phrases import Phrases
from agentsentinel_core.tools.prose import clauses, tool_acts
from agentsentinel_core.tools.vocabulary import Verb
from agentsentinel_core.tools.words import LONGEST_NAME, Form, word_set

_NO_ACT = "the name states no act: read"
_CACHED_NAMES = 8192
"""Most names whose class is cached; an organisation has thousands of distinct tool names, not millions."""

_CATEGORIES = {category: Phrases(phrases) for category, phrases in vocabulary.CATEGORY_PHRASES.items()}
_SECRETS = Phrases(vocabulary.SECRET_PHRASES)
_WEB = Phrases(vocabulary.WEB_PHRASES)
_WEB_PLACES = frozenset(vocabulary.CATEGORY_PHRASES[ToolCategory.WEB_READ]) - vocabulary.WEB_ADDRESSES
_NETWORKS = Phrases(vocabulary.PUBLIC_NETWORKS)
_INTERNAL = Phrases(vocabulary.INTERNAL_PHRASES)
_STRANGERS_KNOWN = (
    vocabulary.STRANGERS
    | vocabulary.STRANGERS_TEXTS
    | frozenset(word for phrase in vocabulary.PUBLIC_NETWORKS for word in phrase.split())
)
_SQL = word_set("sql postgres postgresql mysql sqlite bigquery snowflake")
_EXTERNAL_OBJECTS = Phrases(vocabulary.EXTERNAL_OBJECTS)
_EXTERNAL_CHANNELS = Phrases(vocabulary.EXTERNAL_CHANNELS)
_CODE = Phrases(vocabulary.CODE_PHRASES)


@dataclass(frozen=True, slots=True)
class ToolClass:
    """Class of a tool: what it can do, with the reasons."""

    name: str
    """Name of the tool, unchanged."""
    scope: ToolScope
    is_dangerous: bool
    """Whether the effect cannot be undone, reaches others, or is open-ended. Implies a scope of at least write."""
    capabilities: frozenset[Capability]
    categories: frozenset[ToolCategory]
    """Subjects that the name mentions, never empty: OTHER when it mentions no known subject."""
    reasons: tuple[str, ...]
    """Reasons of the class, one short sentence for each decision, in the order of the decisions; never empty."""

    @property
    def category(self) -> ToolCategory:
        """Most important category; the enumeration lists them in order of importance."""
        return next(category for category in ToolCategory if category in self.categories)


def classify(
    name: str,
    *,
    description: str | None = None,
    annotations: Mapping[str, bool] | None = None,
    input_schema: Mapping[str, object] | None = None,
    body: Sequence[ObservedEffect] = (),
) -> ToolClass:
    """Classify a tool. Claims never lower the class below that of the name alone. Accepts any text and any mapping.

    `annotations` are MCP annotations; only readOnlyHint, destructiveHint and openWorldHint are read, and only when they
    claim more reach. `input_schema` is a JSON Schema. `body` holds the effects seen in the tool's code; empty when the
    code was not examined. Results for a name without other evidence are cached.
    """
    body = [effect for effect in body if effect.kind not in SAFEGUARDS]
    found = _by_name(name) if len(name) <= LONGEST_NAME else _by_name.__wrapped__(name)
    if not (description or annotations or input_schema or body):
        return found
    is_harmless = only_computes(body)
    vague_words = frozenset(vocabulary.ACTS) if is_harmless else vocabulary.VAGUE_ACTS
    if only_reads(body) and (vague := _vague_acts(found, name, vague_words)):
        draft = _reading_draft(name, vague)
    else:
        draft = _Draft.of(found)
    _observe(draft, body, input_schema or {}, description or "")
    is_bound = runs_fixed_programs(body)
    if not only_answers(body):  # "transfers the caller to sales" and "clear wording of a text" change nothing
        settled = vague_words if only_queries(body) else frozenset()
        _claim_description(draft, description or "", settled, may_run_code=not is_bound)
        if draft.scope is ToolScope.READ:
            _claim_reading(draft, description or "")
        if _runs_sql(name, description or ""):
            draft.add(Capability.INTERNAL_READ, "runs SQL of the caller's choice: internal-read")
    _claim_schema(draft, input_schema or {}, may_run_code=not is_bound)
    # Last, because what openWorldHint means depends on whether the tool writes.
    _claim_annotations(draft, annotations or {}, named_a_read=found.scope is ToolScope.READ)
    return draft.finished()


def merged(name: str, classes: Sequence[ToolClass]) -> ToolClass:
    """Return the class of what gives several tools: all that any of them can do. `classes` must not be empty."""
    categories = frozenset().union(*(one.categories for one in classes))
    return ToolClass(
        name=name,
        scope=max((one.scope for one in classes), key=lambda scope: scope.rank),
        is_dangerous=any(one.is_dangerous for one in classes),
        capabilities=frozenset().union(*(one.capabilities for one in classes)),
        categories=categories - {ToolCategory.OTHER} or categories,
        reasons=tuple(f"{one.name}: {reason}" for one in classes for reason in one.reasons),
    )


_WRITING = frozenset(Capability) - {Capability.INTERNAL_READ, Capability.WEB_READ, Capability.SECRETS}
_SAME_SUBJECT = {
    Capability.CODE_EXECUTION: ToolCategory.CODE_EXECUTION,
    Capability.SECRETS: ToolCategory.SECRETS,
    Capability.ADMIN: ToolCategory.ADMIN,
    Capability.INFRASTRUCTURE: ToolCategory.INFRASTRUCTURE,
}


def corrected(
    name: str, *, scope: ToolScope, is_dangerous: bool, capabilities: Collection[Capability], reason: str
) -> ToolClass:
    """Return the class that a person gives a tool, with its subjects as its name says them.

    Subjects that are capabilities too follow these. A tool that writes, and nothing outside, has local-write. Raises
    ValueError for a reading tool that is dangerous or has a capability to write.
    """
    held = frozenset(capabilities)
    if scope is ToolScope.READ and (is_dangerous or held & _WRITING):
        msg = "a tool that is dangerous or changes something has the scope write or admin"
        raise ValueError(msg)
    if scope is not ToolScope.READ and Capability.EXTERNAL_WRITE not in held:
        held |= {Capability.LOCAL_WRITE}
    categories = classify(name).categories - set(_SAME_SUBJECT.values())
    categories |= {category for capability, category in _SAME_SUBJECT.items() if capability in held}
    return ToolClass(
        name=name,
        scope=scope,
        is_dangerous=is_dangerous,
        capabilities=held,
        categories=categories or frozenset({ToolCategory.OTHER}),
        reasons=(reason,),
    )


def _vague_acts(found: ToolClass, name: str, words: frozenset[str]) -> list[str]:
    """Return the verbs in the name when all of them are open-ended ("run", "execute") and none runs code; else none."""
    if Capability.CODE_EXECUTION in found.capabilities or found.scope is not ToolScope.WRITE:
        return []
    acts = [act.word for _, act in read_name(name).acts()]
    return acts if acts and words.issuperset(acts) else []


def _reading_draft(name: str, vague: list[str]) -> "_Draft":
    draft = _Draft(name)
    read = read_name(name)
    _add_categories(draft, read.bases)
    _add_read_capabilities(draft, read)
    draft.reasons.insert(0, f"the body only reads, so {vague[0]!r} does not write here: read")
    return draft


def _observe(draft: "_Draft", body: Sequence[ObservedEffect], schema: Mapping[str, object], description: str) -> None:
    if not body:
        return
    named, draft.reasons = draft.reasons, []
    properties = schema.get("properties")
    parameters = tuple(properties) if isinstance(properties, Mapping) else ()
    read = read_name(draft.name)
    # `dingtalk_get_user` is a read as well, although its first word is not a known service.
    spoken = {word.base for clause in clauses(description, WEB_WORDS) for word in clause.words}
    caller = Caller(
        names_a_read=read.leads_with_read or ((read.has_read_verb or read.asks) and not read.acts()),
        parameters=parameters,
        speaks_of_web=not WEB_WORDS.isdisjoint(spoken.union(read.bases)),
    )
    for effect in effects(body, caller):
        if effect.category is not None:
            (draft.categories if effect.writes else draft.read_categories).add(effect.category)
        if effect.runs_code:
            draft.run_code(effect.reason)
        if effect.writes:
            draft.raise_scope(ToolScope.WRITE, effect.reason, dangerous=effect.dangerous)
        if effect.capability is not None:
            draft.add(effect.capability, effect.reason)
    draft.reasons += named if draft.scope is ToolScope.READ else [reason for reason in named if reason != _NO_ACT]


class _Draft:
    """Class under construction. Its methods only raise it, which ensures that claims never lower the class."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scope = ToolScope.READ
        self.is_dangerous = False
        self.capabilities: set[Capability] = set()
        self.categories: set[ToolCategory] = set()
        self.read_categories: set[ToolCategory] = set()
        """Subjects of what the body reads; reading a file does not make a tool that writes elsewhere one of files."""
        self.reasons: list[str] = []

    @classmethod
    def of(cls, known: ToolClass) -> "_Draft":
        draft = cls(known.name)
        draft.scope, draft.is_dangerous = known.scope, known.is_dangerous
        draft.capabilities, draft.categories = set(known.capabilities), set(known.categories)
        draft.reasons = list(known.reasons)
        return draft

    def raise_scope(self, scope: ToolScope, reason: str, *, dangerous: bool = False) -> None:
        if scope.rank > self.scope.rank:
            self.scope = scope
        self.is_dangerous = self.is_dangerous or dangerous
        self.reasons.append(reason)

    def add(self, capability: Capability, reason: str) -> None:
        if capability not in self.capabilities:
            self.capabilities.add(capability)
            self.reasons.append(reason)

    def run_code(self, reason: str) -> None:
        self.categories.add(ToolCategory.CODE_EXECUTION)
        self.add(Capability.CODE_EXECUTION, reason)
        self.raise_scope(ToolScope.WRITE, "running code can change anything: write, dangerous", dangerous=True)

    def finished(self) -> ToolClass:
        if self.scope is not ToolScope.READ and Capability.EXTERNAL_WRITE not in self.capabilities:
            self.capabilities.add(Capability.LOCAL_WRITE)
        if self.scope is not ToolScope.READ:
            self.read_categories.discard(ToolCategory.FILESYSTEM)
        self.categories |= self.read_categories
        if len(self.categories) > 1:
            self.categories.discard(ToolCategory.OTHER)
        return ToolClass(
            name=self.name,
            scope=self.scope,
            is_dangerous=self.is_dangerous,
            capabilities=frozenset(self.capabilities),
            categories=frozenset(self.categories or {ToolCategory.OTHER}),
            reasons=tuple(dict.fromkeys(self.reasons)) or (_NO_ACT,),
        )


@lru_cache(maxsize=_CACHED_NAMES)
def _by_name(name: str) -> ToolClass:
    read = read_name(name)
    bases = read.bases
    acts = read.acts()
    draft = _Draft(name)
    _add_categories(draft, bases)
    for _, act in acts:
        draft.raise_scope(ToolScope.WRITE, f"{act.word!r} is an act: {_effect(act)}", dangerous=act.dangerous)
    _add_code_execution(draft, read, acts)
    _add_admin(draft, read, acts)
    _add_external_write(draft, read, acts)
    _add_infrastructure(draft, read, acts)
    if read.states_reading or draft.scope is ToolScope.READ:
        _add_read_capabilities(draft, read)
    if not vocabulary.BROWSERS.isdisjoint(bases):
        draft.add(Capability.WEB_READ, "a browser shows pages written by strangers: web-read")
    return draft.finished()


def _effect(act: Verb) -> str:
    return "write, dangerous" if act.dangerous else "write"


def _add_categories(draft: _Draft, bases: list[str]) -> None:
    draft.categories |= {category for category, phrases in _CATEGORIES.items() if phrases.first_in(bases)}
    if _secret_in(bases):
        draft.categories.add(ToolCategory.SECRETS)


def _add_code_execution(draft: _Draft, read: ToolName, acts: list[tuple[int, Verb]]) -> None:
    bases = read.bases
    act_places = {at for at, _ in acts}
    for at, word in enumerate(read.words):
        # A plural or a noun is not code execution: `run_evals` runs evaluations, `read_terminal` reads a terminal.
        is_noun = read.is_noun_here(at) or word.form is Form.PLURAL or _is_evaluation(read, at, act_places)
        if word.base in vocabulary.CODE_WORDS and (at in act_places or not is_noun):
            draft.run_code(f"{word.base!r} runs what it is given: code-execution")
    for at, act in acts:
        operand = next((base for base in bases[at + 1 :] if base in vocabulary.CODE_OBJECTS), None)
        if act.word in vocabulary.CODE_VERBS and operand:
            draft.run_code(f"{act.word!r} with {operand!r}: code-execution")
    phrase = _CODE.first_in(bases)
    if phrase and not read.leads_with_read:
        draft.run_code(f"{phrase!r}: code-execution")


def _is_evaluation(read: ToolName, at: int, act_places: Collection[int]) -> bool:
    """Whether "eval" is short for an evaluation, the object of a verb: `run_eval_case`, `start_eval_suite`."""
    following = read.bases[at + 1 : at + 2]
    is_object = at - 1 in act_places and bool(following) and following[0] not in vocabulary.CODE_OBJECTS
    return read.bases[at] == "eval" and is_object


def _add_admin(draft: _Draft, read: ToolName, acts: list[tuple[int, Verb]]) -> None:
    reason = None
    for at, base in enumerate(read.bases):
        if base in vocabulary.ADMIN_WORDS and not (base in vocabulary.ADMIN_NOUNS and read.is_noun_here(at)):
            reason = f"{base!r} means elevated rights: admin"
    target = next((base for base in read.bases if base in vocabulary.ADMIN_OBJECTS), None)
    act = _admin_act(read)
    if target and act:
        reason = f"{act!r} with {target!r} changes who may do what: admin"
    if reason:
        draft.raise_scope(ToolScope.ADMIN, reason)
        draft.add(Capability.ADMIN, reason)


def _admin_act(read: ToolName) -> str | None:
    for at, word in enumerate(read.words):
        if word.base not in vocabulary.ADMIN_ACTS or (word.form is Form.PARTICIPLE and read.has_read_verb):
            continue
        act = vocabulary.ACTS.get(word.base)
        if not (act is not None and act.can_be_noun and read.is_noun_here(at)):
            return word.base
    return None


def _add_external_write(draft: _Draft, read: ToolName, acts: list[tuple[int, Verb]]) -> None:
    bases = read.bases
    outward = [act.word for _, act in acts if act.word not in vocabulary.NOT_OUTWARD]
    by_meaning = next((word for word in outward if word in vocabulary.EXTERNAL_VERBS), None)
    channel = _EXTERNAL_OBJECTS.first_in(bases) or ("requests" if _is_requests_library(read) else None)
    if by_meaning:
        draft.add(Capability.EXTERNAL_WRITE, f"{by_meaning!r} hands data over: external-write")
    elif outward and channel and not (channel in vocabulary.BUCKETS and vocabulary.BUCKET_WRITES.isdisjoint(outward)):
        draft.add(Capability.EXTERNAL_WRITE, f"{outward[0]!r} with {channel!r} leaves the organisation: external-write")
    bare = _EXTERNAL_CHANNELS.first_in(bases)
    if bare and not acts and not read.has_read_verb:
        reason = f"named after the channel {bare!r} and not a read: write, external-write"
        draft.raise_scope(ToolScope.WRITE, reason)
        draft.add(Capability.EXTERNAL_WRITE, reason)


def _add_infrastructure(draft: _Draft, read: ToolName, acts: list[tuple[int, Verb]]) -> None:
    if acts and ToolCategory.INFRASTRUCTURE in draft.categories:
        draft.add(Capability.INFRASTRUCTURE, "acts on infrastructure")
    act = next((act.word for _, act in acts if act.word in vocabulary.INFRASTRUCTURE_ACTS), None)
    thing = next((base for base in read.bases if base in vocabulary.INFRASTRUCTURE_OBJECTS), None)
    if act and thing and act != thing:
        draft.add(Capability.INFRASTRUCTURE, f"{act!r} with {thing!r} changes what others depend on: infrastructure")


def _add_read_capabilities(draft: _Draft, read: ToolName) -> None:
    bases = read.bases
    source = _INTERNAL.first_in(bases) or (read.whole if read.whole in vocabulary.INTERNAL_NAMES else None)
    if source:
        draft.add(Capability.INTERNAL_READ, f"reads {source!r}: internal-read")
    secret = _secret_in(bases)
    if secret and not (read.words and read.words[read.verb_at].base in vocabulary.SECRET_CHECKS):
        draft.add(Capability.SECRETS, f"reads {secret!r}: secrets")
    if _is_web(draft, read):
        draft.categories.add(ToolCategory.WEB_READ)
        draft.add(Capability.WEB_READ, "reads what strangers wrote on the web: web-read")


def _is_web(draft: _Draft, read: ToolName) -> bool:
    if _NETWORKS.first_in(read.bases):
        return True
    if read.whole in vocabulary.WEB_NAMES or _WEB.first_in(read.bases) or _is_requests_library(read):
        return True
    if not _WEB_PLACES.isdisjoint(read.bases):
        return True
    return any(word.base in vocabulary.WEB_ADDRESSES and _reads_address(read, at) for at, word in enumerate(read.words))


def _reads_address(read: ToolName, at: int) -> bool:
    """Whether the address at a position is read from, and not only named."""
    bases = read.bases
    return (
        not vocabulary.WEB_VERBS.isdisjoint(bases[:at])
        or not vocabulary.WEB_TEXTS.isdisjoint(bases[at + 1 :])
        or (bases[at] == "http" and bases[at + 1 : at + 2] in (["get"], ["fetch"], ["client"]))
        or bases[at - 1 : at] == ["get"] == bases[read.verb_at : read.verb_at + 1] == bases[:-1]
    )


def _is_requests_library(read: ToolName) -> bool:
    """`requests_get` and `requests_post` are the HTTP library; `list_pull_requests` is not."""
    return bool(read.words) and read.words[0].text == "requests"


def _secret_in(bases: list[str]) -> str | None:
    if len(bases) == 1 and bases[0] in vocabulary.SECRET_NAMES:
        return bases[0]
    return _SECRETS.first_in(bases)


def _claim_annotations(draft: _Draft, annotations: Mapping[str, bool], *, named_a_read: bool) -> None:
    # Compared by identity, because the mapping comes from the network and may hold values of any type.
    if annotations.get("readOnlyHint") is False:
        draft.raise_scope(ToolScope.WRITE, "readOnlyHint is false: write")
    if annotations.get("destructiveHint") is True:
        # True is the protocol's default for every write, including overwriting a file. So it adds nothing for a tool
        # whose name already shows a verb that writes, and much for a tool whose name shows none.
        draft.raise_scope(ToolScope.WRITE, "destructiveHint is true: write", dangerous=named_a_read)
    if annotations.get("openWorldHint") is True and draft.scope is not ToolScope.READ:
        draft.add(Capability.EXTERNAL_WRITE, "openWorldHint is true and it writes: external-write")


def _claim_description(
    draft: _Draft, description: str, settled: Collection[str] = (), *, may_run_code: bool = True
) -> None:
    """Add what a description states, without open-ended verbs whose meaning the body has `settled`."""
    for word, clause in tool_acts(description):
        if word in settled:
            continue
        act = vocabulary.ACTS[word]
        draft.raise_scope(ToolScope.WRITE, f"description states {word!r}: {_effect(act)}", dangerous=act.dangerous)
        if word in vocabulary.EXTERNAL_VERBS:
            draft.add(Capability.EXTERNAL_WRITE, f"description states {word!r}: external-write")
        operands = {spoken.base for spoken in clause.words} & (vocabulary.CODE_OBJECTS | {"shell", "bash"})
        if may_run_code and word in vocabulary.CODE_VERBS and operands:
            draft.run_code(f"description states {word!r} with {min(operands)!r}: code-execution")


def _claim_reading(draft: "_Draft", description: str) -> None:
    """Add what a tool reads by its description: what strangers publish."""
    for clause in clauses(description, _STRANGERS_KNOWN):
        bases = [word.base for word in clause.words]
        network = _NETWORKS.first_in(bases)
        published = next((base for base in bases if base in vocabulary.STRANGERS_TEXTS), None)
        people = next((base for base in bases if base in vocabulary.STRANGERS), None)
        if published and (people or network):
            text = f"description states reading {published!r} of {people or network!r}: web-read"
            draft.categories.add(ToolCategory.WEB_READ)
            draft.add(Capability.WEB_READ, text)


def _runs_sql(name: str, description: str) -> bool:
    """Whether a tool that runs queries says that they are SQL."""
    bases = read_name(name).bases
    said = {word.base for clause in clauses(description, _SQL) for word in clause.words}
    return "query" in bases and not _SQL.isdisjoint(said.union(bases))


def _claim_schema(draft: _Draft, schema: Mapping[str, object], *, may_run_code: bool = True) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return
    if "url" in properties and ("method" in properties or "body" in properties):
        reason = "takes a URL with a method or a body: write, external-write"
        draft.raise_scope(ToolScope.WRITE, reason)
        draft.add(Capability.EXTERNAL_WRITE, reason)
    if not may_run_code or (draft.scope is ToolScope.READ and read_name(draft.name).leads_with_read):
        return  # `get_help(command)` looks a command up
    for name in ("command", "cmd", "shell_command", "python_code"):
        if name in properties and not _is_choice(properties[name]):
            draft.run_code(f"takes a free {name!r}: code-execution")


def _is_choice(schema: object) -> bool:
    return isinstance(schema, Mapping) and ("enum" in schema or "const" in schema)
