"""What a scan found: the one shape that all reports read."""

from agentsentinel_cli.scan.facts import Place, ServerFact
from agentsentinel_cli.scan.files import Skipped
from agentsentinel_core.findings import Severity
from agentsentinel_core.light_dataclasses import dataclass, field
from agentsentinel_core.tools.classify import ToolClass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file, with what stands there."""

    path: str
    place: Place
    note: str = ""
    """Such as "tool send_email"; empty when the message says it all."""


@dataclass(frozen=True, slots=True)
class ScannedTool:
    """A tool that the scanned source defines."""

    name: str | None
    """As the model sees it; None when only known at run time."""
    shown: str
    """The name, or a stand-in for it."""
    path: str
    place: Place
    framework: str
    idiom: str
    description: str
    tool_class: ToolClass
    is_sure: bool
    """Whether name or body decided, and not a claim in prose or schema."""


@dataclass(frozen=True, slots=True)
class ScannedGrant:
    """Something an agent may call that is defined elsewhere: in a package, at the provider, at run time."""

    name: str
    kind: str
    """"imported", "hosted", "agent" or "dynamic"."""
    origin: str
    """The module it comes from, or empty."""
    path: str
    place: Place
    tool_class: ToolClass | None
    """None for what is only known at run time."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count for the gate."""

    kind: str
    """"inline" or "file", or "baseline"."""
    reason: str
    where: str
    """The file and line that say so."""


@dataclass(slots=True)
class ScanFinding:
    """One thing that is wrong with one agent, at a place."""

    rule_id: str
    severity: Severity
    title: str
    message: str
    detail: str
    evidence: tuple[str, ...]
    confidence: str
    """"high" or "medium"."""
    locations: tuple[Location, ...]
    """Never empty; the first is where to start."""
    fix: str
    docs: str
    references: tuple[str, ...]
    """OWASP and ATLAS ids."""
    fingerprint: str
    """64 hex digits; the same while rule, agent and evidence are, whatever lines they stand on."""
    suppression: Suppression | None = None

    @property
    def counts(self) -> bool:
        """Whether it may fail the gate."""
        return self.suppression is None


@dataclass(slots=True)
class ScannedAgent:
    """One agent, or the tools of a file that no agent was seen to hold."""

    name: str
    path: str
    place: Place | None
    """Where it is built; None for the tools of a file."""
    framework: str
    model: str | None
    description: str | None
    tools: list[ScannedTool] = field(default_factory=list)
    grants: list[ScannedGrant] = field(default_factory=list)
    servers: tuple[ServerFact, ...] = ()
    secrets: list[tuple[Location, str, str, bool]] = field(default_factory=list)
    """Place, provider, masked text, whether it has the provider's own shape."""
    poison: list[tuple[Location, str, str, str]] = field(default_factory=list)
    """Place, tool, kind, excerpt."""
    executors: list[Location] = field(default_factory=list)
    findings: list[ScanFinding] = field(default_factory=list)
    score: float = 100.0
    """0 to 100; suppressed findings count."""
    status: str = ""
    """The band of the score."""


@dataclass(slots=True)
class ScanResult:
    """All of a run."""

    targets: tuple[str, ...]
    agents: list[ScannedAgent]
    skipped: list[Skipped]
    """What could not be read, or only in part."""
    left_out: dict[str, int]
    """What was left out by rule, by kind."""
    files_read: int
    is_one_file: bool = False
    """Whether one file was asked for: then the report need not say which."""
    live: list[dict[str, object]] = field(default_factory=list)
    """What a running platform says of these agents."""
    warnings: list[str] = field(default_factory=list)

    def findings(self) -> list[ScanFinding]:
        """Of all agents, in their order."""
        return [finding for agent in self.agents for finding in agent.findings]
