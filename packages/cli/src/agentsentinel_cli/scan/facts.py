"""What one file says, before anything is linked to other files or judged.

An extractor reads one file and reports facts; it opens nothing else, so it can run in a worker process and its answer
can be cached under the file's content. What a fact needs from elsewhere (a function that is imported, a name held in
another module's constant) stays a `Symbol`, and the linker asks the file that defines it (`wanted`).
"""

from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """One file to read, and what is wanted of it."""

    path: str
    data: bytes
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file; lines and columns count from 1, columns in characters."""

    line: int
    column: int = 1
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing that is defined in another file, as far as this file names it."""

    module: str
    """Python: the dotted module as written, with its leading dots ("..tools.mail"); JavaScript: the specifier.

    Several Python modules, joined by commas, where `from x import *` leaves open which of them it is."""
    name: str
    """The name in that module, dotted for members ("ToolNames.SEARCH", "Toolbox.search"); "*" = the module itself."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a tool's body does that its name may not tell."""

    kind: str
    """One of `agentsentinel_core.tools.effects.EffectKind`'s values, e.g. "subprocess", "http-write"."""
    place: Place
    text: str
    """The call as written, at most 80 characters, on one line: "subprocess.run(cmd, shell=True)"."""


@dataclass(frozen=True, slots=True)
class ToolFact:
    """One tool that this file defines."""

    name: str | Symbol | None
    """As the model sees it; None = only known at run time (reported as dynamic, never guessed)."""
    place: Place
    framework: str
    """Lower-case word: "langchain", "openai-agents", "crewai", "autogen", "semantic-kernel", "llamaindex", "haystack",
    "pydantic-ai", "google-adk", "swarm", "strands", "agency-swarm", "anthropic", "openai", "mcp", "vercel-ai"..."""
    idiom: str
    """How it was found: "decorator", "wrapped-function", "tools-list", "tool-class", "schema", "register-call",
    "list-handler", "table", "model-as-tool", "agent-as-tool", ..."""
    symbol: str | None = None
    """The name by which this module's code, or another's, refers to it ("search", "Toolbox.search")."""
    description: str = ""
    parameters: tuple[str, ...] = ()
    annotations: tuple[tuple[str, bool], ...] = ()
    """MCP's hints as written, e.g. ("readOnlyHint", True)."""
    acts: tuple[Act, ...] = ()
    implementation: Symbol | None = None
    """Where the body is, when it is in another file."""
    calls: tuple[Symbol, ...] = ()
    """Functions of the project's other files that the body calls: what they do, the tool does."""


class GrantKind(str, Enum):
    """What stands in an agent's list of tools."""

    LOCAL = "local"
    """`target` is the `symbol` of a ToolFact of this file."""
    IMPORTED = "imported"
    """`target` is a Symbol: a tool or a plain function of another file, or of a package."""
    HOSTED = "hosted"
    """`target` is the class of a tool that the provider runs, such as "CodeInterpreterTool"."""
    DYNAMIC = "dynamic"
    """Something only known at run time; `target` is its text."""


@dataclass(frozen=True, slots=True)
class GrantFact:
    """An agent may call this."""

    kind: GrantKind
    target: str | Symbol
    place: Place
    is_called: bool = False
    """IMPORTED: whether a function of the other file is called for what it gives back, `get_tools()`."""


@dataclass(frozen=True, slots=True)
class ServerFact:
    """An MCP server that an agent connects to."""

    name: str
    target: str
    """URL, or the command line that starts it."""
    place: Place


@dataclass(frozen=True, slots=True)
class AgentFact:
    """One agent, or one server that offers tools, that this file builds."""

    name: str
    """As given to it, else the variable or class that holds it."""
    place: Place
    framework: str
    symbol: str | None = None
    model: str | None = None
    description: str | None = None
    grants: tuple[GrantFact, ...] = ()
    servers: tuple[ServerFact, ...] = ()
    runs_code: Place | None = None
    """Where it is given code execution without a tool (code_execution_config, an executor)."""


@dataclass(frozen=True, slots=True)
class SecretFact:
    """A credential that stands in the source. The value itself is never kept."""

    provider: str
    """Such as "anthropic", "aws", "github"; "generic" when only name and entropy tell."""
    masked: str
    """First characters and an ellipsis: "sk-ant-a…"."""
    place: Place
    is_certain: bool
    """True for a provider's own shape, False for name and entropy."""


@dataclass(frozen=True, slots=True)
class PoisonFact:
    """Text meant for the model, not for people, in what describes a tool."""

    kind: str
    """"instruction", "invisible-unicode", "cross-tool"."""
    tool: str
    excerpt: str
    """At most 120 characters; invisible ones written as U+XXXX."""
    place: Place


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that one file says."""

    module_docstring: str = ""
    description: str | None = None
    """From a variable whose name contains "description", or a callback handler's argument."""
    model: str | None = None
    """The first model named in a constructor or an API call."""
    tools: tuple[ToolFact, ...] = ()
    agents: tuple[AgentFact, ...] = ()
    secrets: tuple[SecretFact, ...] = ()
    poison: tuple[PoisonFact, ...] = ()
    ignores: tuple[tuple[int, tuple[str, ...], str], ...] = ()
    """Inline `# sentinel: ignore[RULE] reason`: line, rule ids (empty = none named), reason."""
    functions: dict[str, ToolFact] = field(default_factory=dict)
    """Answer to `wanted`: plain functions, classes and objects that another file grants, as the tools they become."""
    lists: dict[str, tuple[GrantFact, ...]] = field(default_factory=dict)
    """Answer to `wanted`: what stands in a list of tools, or comes back from a function that returns one. Their tools
    are in `tools`; targets are as in an agent's grants."""
    constants: dict[str, str] = field(default_factory=dict)
    """Answer to `wanted`: the text held by a constant, an Enum member or a class attribute."""
    forwards: dict[str, Symbol] = field(default_factory=dict)
    """Answer to `wanted`: names that this file itself only imports (re-exports)."""
    problem: str | None = None
    """Why the file could not be read or only in part; None = all is well."""
