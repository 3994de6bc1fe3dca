"""What is found in the files of AI clients. No field holds a secret: each one may be printed."""

from agentsentinel_core.agents import ClientHook, ClientPermission
from agentsentinel_core.findings import Finding
from agentsentinel_core.light_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientServer:
    """MCP server that a client is configured with."""

    name: str
    scope: str
    """Who configured it: "user", "project", "local", "managed" or "plugin"."""
    owner: str
    """The project's folder or the plugin; empty for a server of the user or an administrator."""
    file: str
    transport: str
    """"stdio", "http" or "sse"."""
    command: str | None
    """Command line of a stdio server, masked."""
    url: str | None
    """Address of a server over HTTP, without user name, query and fragment, and masked."""
    enabled: bool
    is_watched: bool
    """Whether its calls go through `sentinel shim`."""
    read_by: tuple[str, ...] = ()
    """Names of other clients on this machine that read the same file."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """File of a client that was read."""

    path: str
    """Path, with `~` for the user's home."""
    scope: str
    is_prose: bool
    """Whether it is a rules file or a skill."""


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """File of a client that is there and was not read, or not wholly."""

    client: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClientAgent:
    """One client of this user, as its files describe it."""

    client: str
    """Name in the table of clients, such as "claude-code"."""
    title: str
    files: tuple[FoundFile, ...]
    servers: tuple[ClientServer, ...]
    permissions: tuple[ClientPermission, ...]
    hooks: tuple[ClientHook, ...]
    """Its hooks, with masked commands."""
    findings: tuple[Finding, ...]
    """What is wrong with it; worst first."""


@dataclass(frozen=True, slots=True)
class ClientInventory:
    """The clients of one user on one machine."""

    agents: tuple[ClientAgent, ...]
    unread: tuple[UnreadFile, ...]
