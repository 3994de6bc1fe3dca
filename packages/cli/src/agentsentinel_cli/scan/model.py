"""Facts extracted from one file, before they are linked to other files or judged.

An extractor reads one file and opens nothing else, so it can run in a worker process and its result can be cached by
the file's content. A reference to another file (an imported function, a name in another module's constant) stays a
`Symbol`; the linker resolves it by asking the file that defines it (`wanted`).
"""

from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """One file to read, and the names that other files want from it."""

    path: str
    data: bytes
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Position in a file; lines and columns count from 1, columns in characters."""

    line: int
    column: int = 1
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """Reference to a definition in another file, as this file names it."""

    module: str
    """Python: the dotted module as written, with its leading dots ("..tools.mail"); JavaScript: the specifier.

    Several Python modules, joined by commas, when `from x import *` does not show which of them defines the name."""
    name: str
    """The name in that module, dotted for members ("ToolNames.SEARCH", "Toolbox.search"); "*" = the module itself."""


@dataclass(frozen=True, slots=True)
class EffectFact:
    """Effect seen in a tool's body, which its name may not show."""

    kind: str
    """One of `agentsentinel_core.tools.effects.EffectKind`'s values, e.g. "subprocess", "http-write"."""
    place: Place
    text: str
    """The call as written, at most 80 characters, on one line: "subprocess.run(cmd, shell=True)"."""


@dataclass(frozen=True, slots=True)
class ToolFact:
    """One tool that this file defines."""

    name: str | Symbol | None
    """Name the model sees; None = known only at run time (reported as dynamic, never guessed)."""
    place: Place
    framework: str
    """Framework in lower case: "langchain", "openai-agents", "crewai", "autogen", "semantic-kernel", "llamaindex",
    "haystack", "pydantic-ai", "google-adk", "swarm", "strands", "agency-swarm", "anthropic", "openai", "mcp",
    "vercel-ai"..."""
    idiom: str
    """How the tool was found: "decorator", "wrapped-function", "tools-list", "tool-class", "schema", "register-call",
    "list-handler", "table", "model-as-tool", "agent-as-tool", ..."""
    symbol: str | None = None
    """The name by which this module's code, or another's, refers to it ("search", "Toolbox.search")."""
    description: str = ""
    parameters: tuple[str, ...] = ()
    annotations: tuple[tuple[str, bool], ...] = ()
    """MCP annotations (hints) as written, e.g. ("readOnlyHint", True)."""
    effects: tuple[EffectFact, ...] = ()
    implementation: Symbol | None = None
    """The function that holds the body, when it is in another file."""
    calls: tuple[Symbol, ...] = ()
    """Functions in the project's other files that the body calls; their effects count as the tool's."""


@dataclass(frozen=True, slots=True)
class SafeguardFact:
    """Switch by which an agent has calls approved by a person, or limited."""

    guard: str
    """Kind of an effect: "approval" or "rate-limit"."""
    place: Place
    text: str
    """The switch as written, at most 80 characters: "tool_call_limit=3"."""
    tools: tuple[str, ...] = ()
    """Names of the tools concerned; empty for all of the agent."""


class GrantKind(str, Enum):
    """Kind of an entry in an agent's list of tools."""

    LOCAL = "local"
    """`target` is the `symbol` of a ToolFact of this file."""
    IMPORTED = "imported"
    """`target` is a Symbol: a tool or a plain function of another file, or of a package."""
    HOSTED = "hosted"
    """`target` is the class of a tool that the provider runs, such as "CodeInterpreterTool"."""
    DYNAMIC = "dynamic"
    """A value known only at run time; `target` is its source text."""


@dataclass(frozen=True, slots=True)
class FlagFact:
    """Value that an argument of a toolkit must have for one of its methods to be a tool."""

    name: str
    position: int
    """Index among the constructor's arguments, without `self`."""
    value: bool
    default: bool


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One entry of an agent's list of tools: something the agent may call."""

    kind: GrantKind
    target: str | Symbol
    place: Place
    is_called: bool = False
    """For IMPORTED: whether the entry calls a function of the other file and grants its result, `get_tools()`."""
    flags: tuple[tuple[str, bool | None], ...] = ()
    """Arguments that a toolkit is made with, by name or index; None = a value known only at run time."""
    included: tuple[str, ...] = ()
    """Names of the only methods that a toolkit is to give; empty for all."""
    excluded: tuple[str, ...] = ()
    """Names of the methods that a toolkit is not to give."""
    needs: tuple[tuple[FlagFact, ...], ...] = ()
    """What a toolkit's arguments must be for this method to be a tool: of each group, at least one."""


@dataclass(frozen=True, slots=True)
class ServerFact:
    """An MCP server that an agent connects to."""

    name: str
    target: str
    """URL, or the command line that starts it."""
    place: Place


PURPOSE_ELSEWHERE = "(stated where the source does not show it)"
"""Description of an agent that is given a prompt, of which the text is known only at run time."""


@dataclass(frozen=True, slots=True)
class AgentFact:
    """One agent, or one server that offers tools, that this file builds."""

    name: str
    """Name passed to the constructor, else the variable or class that holds the agent."""
    place: Place
    framework: str
    symbol: str | None = None
    model: str | None = None
    description: str | Symbol | None = None
    """Its stated purpose; a Symbol when another file holds the text, PURPOSE_ELSEWHERE when no file shows it."""
    grants: tuple[GrantFact, ...] = ()
    servers: tuple[ServerFact, ...] = ()
    runs_code: Place | None = None
    """Where the agent gets code execution without a tool (code_execution_config, an executor)."""
    safeguards: tuple[SafeguardFact, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretFact:
    """Hard-coded credential. The value itself is never stored."""

    provider: str
    """Provider, such as "anthropic", "aws", "github"; "generic" when detected by name and entropy only."""
    masked: str
    """First characters of the value and an ellipsis: "sk-ant-a…"."""
    place: Place
    is_certain: bool
    """True when the value has a provider's key format, False when detected by name and entropy."""


@dataclass(frozen=True, slots=True)
class PoisonFact:
    """Text in a tool's description that is written for the model, not for people."""

    kind: str
    """Kind of poisoning: "instruction", "invisible-unicode" or "cross-tool"."""
    tool: str
    excerpt: str
    """Quoted text, at most 120 characters; invisible characters are written as U+XXXX."""
    place: Place


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All facts extracted from one file."""

    module_docstring: str = ""
    description: str | None = None
    """Description of the file's agent, from a variable named "...description..." or a callback handler's argument."""
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
    """Answer to `wanted`: the entries of a list of tools, or of the list that a function returns. Their tools are in
    `tools`; targets have the same form as in an agent's grants."""
    constants: dict[str, str] = field(default_factory=dict)
    """Answer to `wanted`: the text held by a constant, an Enum member or a class attribute."""
    forwards: dict[str, Symbol] = field(default_factory=dict)
    """Answer to `wanted`: names that this file only imports itself (re-exports)."""
    problem: str | None = None
    """Why the file could not be read, or only in part; None = no problem."""
