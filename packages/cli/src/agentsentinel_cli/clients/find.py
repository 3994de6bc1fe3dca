"""Reads the files of every client in the table, and judges what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from agentsentinel_cli.clients.bounded import MOST_PROSE_BYTES, OnUnread, matching, read_data, read_text
from agentsentinel_cli.clients.credentials import secrets_in
from agentsentinel_cli.clients.leaves import MOST_LEAVES, has_more
from agentsentinel_cli.clients.model import ClientAgent, ClientInventory, FoundFile, UnreadFile
from agentsentinel_cli.clients.projects import remembered
from agentsentinel_cli.clients.servers import ConfiguredServer, Source, servers_in, shown_path
from agentsentinel_cli.clients.settings import hooks_in, permissions_in, switched_off_in
from agentsentinel_core.agents import (
    AgentProfile,
    ClientHook,
    ClientPermission,
    EvidenceKind,
    HardcodedSecret,
    HiddenText,
    MCPConnection,
)
from agentsentinel_core.findings import Finding
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.manifest.poison import invisible_in
from agentsentinel_core.masking import masked_line
from agentsentinel_core.posture import CLIENT_RULES, evaluate
from agentsentinel_shim.desk.client_model import Client, ClientFile, variables
from agentsentinel_shim.desk.clients import CLIENTS
from agentsentinel_shim.desk.files import Unusable

MOST_FILES = 5000
"""Files of one client."""
EVIDENCE = frozenset({EvidenceKind.CONNECTIONS, EvidenceKind.CONFIGURATION})
_FORMATS = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".jsonc": "json"}


def find_clients(
    home: Path,
    *,
    environment: Mapping[str, str],
    system: str,
    projects: Sequence[Path] = (),
    root: Path = Path("/"),
) -> ClientInventory:
    """Read the files of every known client.

    Args:
        home: the user's home.
        environment: the user's variables, some of which move a client's files.
        system: `sys.platform` of the machine.
        projects: folders whose project files are read, beside those that the clients remember.
        root: where the machine's own folders begin, such as `/etc`.
    """
    machine = _Machine(home, environment, system, root)
    folders = machine.projects(projects)
    readings = [machine.read(client, folders) for client in CLIENTS]
    found = {reading.client.name for reading in readings if reading.files}
    return ClientInventory(
        tuple(_agent(reading, found) for reading in readings if reading.files), tuple(machine.unread.values())
    )


@dataclass
class _Reading:
    """What the files of one client say."""

    client: Client
    files: list[FoundFile] = field(default_factory=list)
    servers: dict[tuple[str, str, str], ConfiguredServer] = field(default_factory=dict)
    permissions: list[ClientPermission] = field(default_factory=list)
    hooks: list[ClientHook] = field(default_factory=list)
    secrets: list[HardcodedSecret] = field(default_factory=list)
    hidden_texts: list[HiddenText] = field(default_factory=list)
    switched_off: set[tuple[str, str]] = field(default_factory=set)
    """Servers of projects' files that the user does not want: project and name; no project for all of them."""

    def settle(self) -> None:
        """Mark the servers that are switched off, once all files are read."""
        for key, server in self.servers.items():
            if key[0] == "project" and not self.switched_off.isdisjoint({key[1:], ("", key[2])}):
                self.servers[key] = server._replace(shown=replace(server.shown, enabled=False))


class _Machine:
    """The files of one user on one machine; each is read once."""

    def __init__(self, home: Path, environment: Mapping[str, str], system: str, root: Path) -> None:
        self._home = home
        self._names = variables(system, environment, home, root=root)
        self._system = system
        self._read: set[Path] = set()
        self.unread: dict[tuple[str, str, str], UnreadFile] = {}

    def projects(self, given: Sequence[Path]) -> list[Path]:
        """Return the projects to read: those that were given, and those that clients remember and that are there."""
        found = dict.fromkeys(path.absolute() for path in given)
        for client in CLIENTS:
            found.update(dict.fromkeys(remembered(client.projects, self._names, self._noter(client.name))))
        return [path for path in found if _is_folder(path)]

    def read(self, client: Client, projects: Sequence[Path]) -> _Reading:
        """Read the files of a client."""
        reading = _Reading(client)
        for file, names in self._candidates(client, projects):
            for path in matching(file.path, names, self._noter(client.name)):
                if len(reading.files) >= MOST_FILES:
                    self._note(client.name, path, f"the client has more than {MOST_FILES} files")
                    return reading
                if self._is_new(path):
                    self._read_one(reading, file, path, names.get("project", ""))
        return reading

    def _candidates(self, client: Client, projects: Sequence[Path]) -> Iterator[tuple[ClientFile, Mapping[str, str]]]:
        own = [ClientFile(path, "user", client.places) for path in client.paths]
        files = [file for file in (*own, *client.files) if file.platform in ("", self._system)]
        yield from ((file, self._names) for file in files if "{project}" not in file.path)
        for project in projects:
            names = {**self._names, "project": str(project)}
            yield from ((file, names) for file in files if "{project}" in file.path)

    def _is_new(self, path: Path) -> bool:
        """Whether a file was not read before: a project may be the home itself, and a link may lead to another file."""
        try:
            target = path.resolve()
        except (OSError, RuntimeError):
            target = path
        if target in self._read:
            return False
        self._read.add(target)
        return True

    def _read_one(self, reading: _Reading, file: ClientFile, path: Path, project: str) -> None:
        shown = shown_path(path, self._home)
        try:
            if file.is_prose:
                self._add_prose(reading, shown, read_text(path, MOST_PROSE_BYTES))
            else:
                source = Source(shown, file.scope, self._owner(file, path, project))
                format_ = _FORMATS.get(path.suffix, reading.client.format)
                data = read_data(path, format_)
                if has_more(data):
                    self._note(reading.client.name, path, f"it has more than {MOST_LEAVES} values, others are left out")
                self._add_data(reading, file, source, data)
        except Unusable as error:
            if not (file.is_prose and path.is_dir()):  # `.clinerules` is a file or a folder
                self._note(reading.client.name, path, str(error))
            return
        reading.files.append(FoundFile(shown, file.scope, file.is_prose))

    def _owner(self, file: ClientFile, path: Path, project: str) -> str:
        """Return the project that a file belongs to, or the plugin: its folder below all plugins."""
        if project:
            return shown_path(Path(project), self._home)
        if file.scope != "plugin":
            return ""
        fixed = file.path.partition("/*")[0].format_map(self._names)
        parts = path.parent.relative_to(fixed).parts
        return "/".join(part for part in parts if not part.endswith("plugin") or not part.startswith("."))

    def _add_prose(self, reading: _Reading, shown: str, text: str) -> None:
        excerpt = invisible_in(text.removeprefix("\ufeff"))
        if excerpt is not None:
            reading.hidden_texts.append(HiddenText(shown, excerpt))

    def _add_data(self, reading: _Reading, file: ClientFile, source: Source, data: Any) -> None:
        for server in servers_in(data, file.places, source, self._home):
            also = replace(server.shown, read_by=file.readers)
            key = (also.scope, also.owner, also.name)
            reading.servers.setdefault(key, server._replace(shown=also))
        reading.permissions += permissions_in(data, source.file, source.scope)
        reading.switched_off.update(switched_off_in(data, source.owner, self._home))
        reading.hooks += hooks_in(data, source.file, source.scope)
        reading.secrets += secrets_in(data, source.file)

    def _noter(self, client: str) -> OnUnread:
        return lambda path, reason: self._note(client, path, reason)

    def _note(self, client: str, path: Path, reason: str) -> None:
        shown = shown_path(path, self._home)
        self.unread.setdefault((client, shown, reason), UnreadFile(client, shown, reason))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _agent(reading: _Reading, found: set[str]) -> ClientAgent:
    reading.settle()
    servers = [
        replace(server.shown, read_by=tuple(name for name in server.shown.read_by if name in found))
        for server in reading.servers.values()
    ]
    return ClientAgent(
        client=reading.client.name,
        title=reading.client.title,
        files=tuple(reading.files),
        servers=tuple(servers),
        permissions=tuple(reading.permissions),
        hooks=tuple(replace(hook, command=masked_line(hook.command)) for hook in reading.hooks),
        findings=_findings(reading),
    )


def _findings(reading: _Reading) -> tuple[Finding, ...]:
    started = [server for server in reading.servers.values() if server.shown.enabled]
    profile = AgentProfile(
        connections=tuple(
            MCPConnection(server.shown.name, server.url or f"stdio:{server.shown.name}", command=server.words)
            for server in started
        ),
        secrets=tuple(reading.secrets),
        permissions=tuple(reading.permissions),
        hooks=tuple(reading.hooks),
        hidden_texts=tuple(reading.hidden_texts),
        evidence=EVIDENCE,
    )
    return evaluate(profile, datetime.now(timezone.utc), CLIENT_RULES).findings
