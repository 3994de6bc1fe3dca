"""Result types of a scan, which all report formats render."""

from agentsentinel_cli.scan.file_selection import Skipped
from agentsentinel_cli.scan.model import Place, SafeguardFact, ServerFact
from agentsentinel_core.findings import Severity
from agentsentinel_core.light_dataclasses import dataclass, field
from agentsentinel_core.tools.classify import ToolClass


@dataclass(frozen=True, slots=True)
class Location:
    """Position in a file, with a note about what is there."""

    path: str
    place: Place
    note: str = ""
    """Note such as "tool send_email"; empty when the finding's message is enough."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Line of code at a place, without its line break and with credentials masked."""

    text: str
    """The line, or of a long one the part around the place."""
    column: int
    """Column of the place in `text`, from 1; not that in the file, where something before it was cut or masked."""


@dataclass(frozen=True, slots=True)
class ScannedTool:
    """A tool that the scanned source defines."""

    name: str | None
    """Name the model sees; None when it is known only at run time."""
    shown: str
    """Name for reports: the tool's name, or a placeholder when it is known only at run time."""
    path: str
    place: Place
    framework: str
    idiom: str
    description: str
    tool_class: ToolClass
    is_sure: bool
    """Whether the class rests on name or body, not on a claim in a description or schema."""
    safeguards: tuple[SafeguardFact, ...] = ()
    """Approvals and limits in the tool's own definition and body."""


@dataclass(frozen=True, slots=True)
class ScannedGrant:
    """Something an agent may call that is defined elsewhere: in a package, at the provider, at run time."""

    name: str
    kind: str
    """Kind of grant: "imported", "hosted", "agent" or "dynamic"."""
    origin: str
    """Module the grant is imported from, or the file of the granted agent; empty when neither applies."""
    path: str
    place: Place
    tool_class: ToolClass | None
    """Class of an imported or hosted tool; None for agents and for values known only at run time."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count for the gate."""

    kind: str
    """Source of the suppression: "inline" (comment), "file" (ignore file) or "baseline"."""
    reason: str
    where: str
    """File and line of the comment or ignore entry, or the baseline's file."""


@dataclass(slots=True)
class ScanFinding:
    """Finding of one rule on one agent, with its locations in the source."""

    rule_id: str
    severity: Severity
    title: str
    message: str
    detail: str
    evidence: tuple[str, ...]
    confidence: str
    """Confidence, "high" or "medium"."""
    locations: tuple[Location, ...]
    """Locations of the evidence, never empty; the first is the primary one."""
    fix: str
    docs: str
    references: tuple[str, ...]
    """Ids in OWASP's and MITRE ATLAS's catalogues."""
    fingerprint: str
    """Identity across runs, 64 hex digits; depends on rule, agent and evidence, not on line numbers."""
    suppression: Suppression | None = None

    @property
    def counts(self) -> bool:
        """Whether the finding can fail the gate, because it is not suppressed."""
        return self.suppression is None


@dataclass(slots=True)
class ScannedAgent:
    """Agent found in source, or the group of a file's tools that no agent lists."""

    name: str
    path: str
    place: Place | None
    """Where the agent is constructed; None for a file's group of tools."""
    framework: str
    model: str | None
    description: str | None
    tools: list[ScannedTool] = field(default_factory=list)
    grants: list[ScannedGrant] = field(default_factory=list)
    servers: tuple[ServerFact, ...] = ()
    secrets: list[tuple[Location, str, str, bool]] = field(default_factory=list)
    """Credentials: location, provider, masked value, whether the value has the provider's key format."""
    poison: list[tuple[Location, str, str, str]] = field(default_factory=list)
    """Poisoned descriptions: location, tool, kind, excerpt."""
    executors: list[Location] = field(default_factory=list)
    granted_at: dict[tuple[str, Place, str], Location] = field(default_factory=dict)
    """Where the agent gets tools of other files, by path, place and shown name of the tool."""
    safeguards: tuple[SafeguardFact, ...] = ()
    """Approvals and limits that the agent puts on its tools."""
    findings: list[ScanFinding] = field(default_factory=list)
    is_agent: bool = True
    """Whether rules about agents apply: not to a file's group of tools, except in a file named outright that describes
    an agent."""
    is_purpose_own: bool = True
    """Whether the description is the agent's own, and not that of its module or of the file's tools."""
    namesakes_before: int = 0
    """Agents of the same name further up in the same file."""
    score: float = 100.0
    """Posture score, 0 to 100; suppressed findings are included."""
    status: str = ""
    """Trust band of the score, such as "TRUSTED"."""

    def grant_of(self, tool: ScannedTool) -> Location | None:
        """Return where the agent gets a tool of another file; None for tools of its own."""
        return self.granted_at.get((tool.path, tool.place, tool.shown))

    def safeguards_of(self, entry: ScannedTool | ScannedGrant) -> tuple[SafeguardFact, ...]:
        """Return the approvals and limits of one tool of this agent: its own, and those by the agent."""
        own = entry.safeguards if isinstance(entry, ScannedTool) else ()
        return (*own, *(one for one in self.safeguards if not one.tools or entry.name in one.tools))


@dataclass(slots=True)
class ScanResult:
    """Complete result of one scan."""

    targets: tuple[str, ...]
    agents: list[ScannedAgent]
    skipped: list[Skipped]
    """Files and folders that could not be read, or only in part."""
    left_out: dict[str, int]
    """Files and folders skipped by a rule: kind -> how many."""
    files_read: int
    filtered: dict[str, int] = field(default_factory=dict)
    """Findings left out of the report: kind of filter -> how many."""
    excerpts: dict[tuple[str, int, int], Excerpt] = field(default_factory=dict)
    """Lines of code at places of the findings, by path, line and column; at most three for each finding."""
    root: str = ""
    """Folder that the paths of files are relative to; empty where they are not files of this machine."""
    is_one_file: bool = False
    """Whether the target is a single file, which the report then does not repeat for each agent."""
    live: list[dict[str, object]] = field(default_factory=list)
    """Data of these agents from a running platform (`--connect`)."""
    warnings: list[str] = field(default_factory=list)
    command: str = "scan"
    """Verb that made it: "scan", or "mcp scan", whose targets are MCP servers instead of files."""

    def findings(self) -> list[ScanFinding]:
        """Return the findings of all agents, in the order of the agents."""
        return [finding for agent in self.agents for finding in agent.findings]

    def excerpt_at(self, location: Location) -> Excerpt | None:
        """Return the line of code at a location of a finding; None where there is none to show."""
        return self.excerpts.get((location.path, location.place.line, location.place.column))
