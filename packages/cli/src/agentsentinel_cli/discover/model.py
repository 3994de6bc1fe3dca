"""Result types of `sentinel discover`, which every vector fills and every report renders."""

from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass, field


class Risk(str, Enum):
    """Risk level of an agent, the worst first."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    UNKNOWN = "UNKNOWN"

    @property
    def rank(self) -> int:
        """Position in the order of the levels; 0 is the worst."""
        return list(Risk).index(self)


class Kind(str, Enum):
    """What was found; the risk and the next step depend on it."""

    AGENT = "agent"
    """A program that runs or defines an agent, or an MCP server that talks over pipes."""
    MCP_SERVER = "mcp-server"
    MODEL_API = "model-api"
    PLATFORM = "platform"
    """An AgentSentinel server."""
    AGENT_API = "agent-api"
    """An HTTP API of agents: an A2A agent, or a server that lists its agents."""


SOURCES = ("process", "network", "subnet", "file", "docker", "kubernetes", "client")
"""Vectors, in the order of the report."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an LLM provider that others can read. Only its masked form is ever kept."""

    variable: str
    """Name of the environment variable or the option of the command line."""
    masked: str
    provider: str

    @property
    def shown(self) -> str:
        """Text for reports, such as `OPENAI_API_KEY=sk-proj-...wcgA`."""
        return f"{self.variable}={self.masked}"


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool that an agent has, classified from its name and, where there is source, its code."""

    name: str
    scope: str
    """Scope of the tool: "read", "write" or "admin"."""
    is_dangerous: bool


@dataclass(frozen=True, slots=True)
class ClientFinding:
    """What is wrong with the files of an AI client."""

    rule_id: str
    risk: Risk
    message: str


@dataclass(frozen=True, slots=True)
class DiscoveredAgent:
    """One agent, whatever vectors have seen it."""

    source: str
    """Vector that found it, one of SOURCES."""
    kind: Kind
    name: str
    location: str
    """Where it is: `pid:123`, `127.0.0.1:8080`, `agent.py:12`, `container:web`."""
    frameworks: tuple[str, ...] = ()
    """Names as in the documentation, such as "LangChain"."""
    provider: str | None = None
    model: str | None = None
    api_keys: tuple[ApiKey, ...] = ()
    live_connections: tuple[str, ...] = ()
    """Host names of LLM APIs that it is connected to."""
    tools: tuple[AgentTool, ...] = ()
    transport: str | None = None
    """Transport of an MCP server: "stdio", "streamable-http" or "sse"."""
    requires_auth: bool | None = None
    """Whether a server refuses requests without credentials; None when that does not apply or is not known."""
    is_monitored: bool = False
    has_secrets_in_source: bool = False
    pid: int | None = None
    parent: str | None = None
    """Name and pid of the program that started it."""
    children: tuple[str, ...] = ()
    container: str | None = None
    endpoints: tuple[str, ...] = ()
    """Addresses it listens on, as `host:port`."""
    script: str | None = None
    """File of its source, where one is known."""
    url: str | None = None
    """Address that confirmed a server."""
    findings: tuple[ClientFinding, ...] = ()
    """What is wrong with a client's files, the worst first."""
    evidence: tuple[str, ...] = ()
    """What shows that it is an agent, in sentences without secrets."""
    next_step: str = ""
    risk: Risk = Risk.UNKNOWN
    risk_reason: str = ""
    known_as: str | None = None
    """Reason why it is known (a baseline or an ignore file); None for an agent that counts."""


@dataclass(frozen=True, slots=True)
class SubnetStats:
    """Figures of one subnet scan."""

    network: str
    hosts: int
    open_ports: int
    seconds: float


@dataclass(slots=True)
class Discovery:
    """Everything that one run has found, filled while it runs so that an interrupted one shows what it has."""

    vectors: tuple[str, ...]
    """Vectors as the report's title names them: "processes", "network", "subnet (10.0.1.0/24)"."""
    sources: tuple[str, ...]
    """Sources with a section of their own in the report."""
    agents: list[DiscoveredAgent] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """What could not be looked at, and why."""
    subnet: SubnetStats | None = None
    is_partial: bool = False
    """Whether the run was interrupted."""
    is_blind: bool = False
    """Whether no vector could look at anything."""

    def counted(self) -> list[DiscoveredAgent]:
        """Return the agents that are not known."""
        return [agent for agent in self.agents if agent.known_as is None]
