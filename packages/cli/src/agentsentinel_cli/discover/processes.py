"""The process vector: what every process of the host is, by its own source, its launch line and its connections.

A process is an agent when its program imports an agent framework, when it was launched as an MCP server, or when it is
connected to an LLM API. An inherited key alone does not make one; a key in the environment of one is its worst risk.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agentsentinel_cli.discover import connections
from agentsentinel_cli.discover.connections import Resolved, Sockets
from agentsentinel_cli.discover.environment import exposed_keys, is_monitored
from agentsentinel_cli.discover.imports import (
    ImportedFrameworks,
    read_node,
    read_python,
    read_python_code,
    roots_of,
    site_packages,
)
from agentsentinel_cli.discover.merge import LAUNCHER
from agentsentinel_cli.discover.model import AgentTool, DiscoveredAgent, Kind
from agentsentinel_cli.discover.program import Program, name_of, program_of
from agentsentinel_cli.discover.providers import FRAMEWORK_PROVIDERS, HOSTS, framework_labels
from agentsentinel_cli.scan.recognize.javascript.collector import framework_of as framework_of_package
from agentsentinel_core.light_dataclasses import dataclass, field, replace
from agentsentinel_core.masking import masked_command

_MOST_MAPS = 4 * 1024 * 1024
_MOST_SCANNED = 32
"""Files of one agent that are scanned for tools."""
_NATIVE = {"jiter": ("openai", "anthropic")}
"""Native library -> packages of which one has loaded it. Both SDKs decode answers with it, and hardly any other."""
_CONTAINER_ID = re.compile(
    r"(?:docker|libpod|cri-containerd|containerd|crio)[-/:]([0-9a-f]{64})|/([0-9a-f]{64})(?:\s|\Z)"
)
_BROWSERS_AND_EDITORS = re.compile(
    r"(?i)(?:chrom(?:e|ium)|firefox|safari|msedge|brave|opera|vivaldi|code|code-insiders|codium|cursor|windsurf|zed|idea"
    r"|pycharm|webstorm|goland|sublime_text|emacs|n?vim)(?:\b|_)"
)
"""Programs whose connections to LLM APIs are a person's, through an editor or a page; their MCP servers still count."""
_SHIM = "mcp-shim"
_DEVELOPER_TOOLS = frozenset(
    {"pytest", "py.test", "mypy", "dmypy", "pylint", "pyright", "coverage", "pylsp", "jedi", "pip"}
)
"""Programs that load the packages of the project they look at, and are not what they load."""
_CODE_FROM_PIPE = "sys.stdin.read"
"""Part of the code of processes that get their program from another one, such as the workers of a test run."""


@dataclass(slots=True)
class ProcessScan:
    """What the process vector knows beside the agents."""

    parents: dict[int, int] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def find_processes(
    psutil: Any, sockets: Sockets, is_stopped: Callable[[], bool], found: Callable[[DiscoveredAgent], None]
) -> ProcessScan:
    """Report the agents among the processes of this host as they are found, the own process left out."""
    result = ProcessScan()
    processes = list(psutil.process_iter(["pid", "ppid", "name", "cmdline"]))
    result.parents = {each.info["pid"]: each.info["ppid"] or 0 for each in processes}
    names = {each.info["pid"]: each.info["name"] or "?" for each in processes}
    resolved = connections.resolve_known(sockets.connections)
    denied = 0
    for process in processes:
        if is_stopped():
            break
        if process.info["pid"] == os.getpid():
            continue
        reader = _Reader(psutil, process, sockets, resolved)
        agent = reader.read()
        denied += reader.is_denied
        if agent is not None:
            parent = result.parents.get(process.info["pid"], 0)
            found(replace(agent, parent=f"{names[parent]} (pid {parent})" if parent in names else None))
    if denied:
        noun = "process" if denied == 1 else "processes"
        result.notices.append(
            f"{denied} {noun} of other users could only be read in part; run as root or Administrator to include them"
        )
    return result


def read_program(psutil: Any, process: Any) -> tuple[Program | None, ImportedFrameworks]:
    """Return what one process runs, and its source. Raises NoSuchProcess and AccessDenied of psutil."""
    process.info = {"pid": process.pid, "name": process.name(), "cmdline": process.cmdline()}
    folder = process.cwd()
    program = program_of(process.info["cmdline"], process.info["name"], folder)
    if program is None:
        return None, ImportedFrameworks()
    return program, _Reader(psutil, process, Sockets(), {}).read_source(program, folder, process.info["cmdline"])


class _Reader:
    """Reader of one process, which may end or be forbidden at every step."""

    def __init__(self, psutil: Any, process: Any, sockets: Sockets, resolved: Resolved) -> None:
        self._psutil = psutil
        self._process = process
        self._sockets = sockets
        self._resolved = resolved
        self.is_denied = False
        self._is_gone = False

    def read(self) -> DiscoveredAgent | None:
        """Return the agent that the process is, or None."""
        info = self._process.info
        command = [os.fsdecode(word) if isinstance(word, bytes) else word for word in info["cmdline"] or []]
        name = info["name"] or ""
        has_connection = any(each.pid == info["pid"] for each in self._sockets.connections)
        if program_of(command, name, None) is None and not has_connection:
            return None
        folder = self._ask("cwd")
        program = program_of(command, name, folder)
        source = self.read_source(program, folder, command) if program is not None else ImportedFrameworks()
        environment = self._environment() if program is not None or has_connection else {}
        live = self._live(environment, name)
        if not (source.frameworks or live or (program is not None and program.language == "launcher")):
            # Whether a program of another user is an agent cannot be told when neither its files nor its folder open.
            self.is_denied = self.is_denied and (source.is_unreadable or folder is None)
            return None
        if self._is_gone:
            return None
        return self._agent(program, source, environment, live, command)

    def _agent(
        self,
        program: Program | None,
        source: ImportedFrameworks,
        environment: Mapping[str, str],
        live: tuple[str, ...],
        command: list[str],
    ) -> DiscoveredAgent:
        pid = self._process.info["pid"]
        labels = framework_labels(source.frameworks)
        is_launcher = program is not None and program.language == "launcher"
        if is_launcher:
            labels = tuple(dict.fromkeys((*labels, "MCP")))
        keys = exposed_keys(environment, command)
        tools, model, has_secrets = tools_of(source.files[:_MOST_SCANNED]) if source.frameworks else ((), None, False)
        name = name_of(program, source.package) if program is not None else self._process.info["name"]
        evidence = [*source.evidence, f"command: {masked_command(command)}"]
        if self.is_denied:
            evidence.append("its environment could not be read")
        return DiscoveredAgent(
            source="process",
            kind=Kind.AGENT,
            name=_SHIM if _is_shim(program) else name,
            location=f"pid:{pid}",
            frameworks=labels,
            provider=_provider(keys, live, labels),
            model=model,
            api_keys=keys,
            live_connections=live,
            tools=tools,
            transport=LAUNCHER if is_launcher else None,
            is_monitored=_is_shim(program) or source.is_monitored or is_monitored(environment),
            has_secrets_in_source=has_secrets,
            pid=pid,
            container=self._container(),
            endpoints=self._endpoints(pid),
            script=program.script if program is not None else None,
            evidence=tuple(evidence),
        )

    def _ask(self, what: str) -> Any:
        """Return a property of the process; None when it has ended or must not be read."""
        try:
            return getattr(self._process, what)()
        except self._psutil.AccessDenied:
            self.is_denied = True
        except self._psutil.NoSuchProcess:  # zombies included
            self._is_gone = True
        except (self._psutil.Error, OSError):
            pass
        return None

    def _environment(self) -> dict[str, str]:
        return self._ask("environ") or {}

    def read_source(self, program: Program, folder: str | None, command: list[str]) -> ImportedFrameworks:
        """Return what the source of the process's program shows."""
        if _is_shim(program):
            return ImportedFrameworks(frozenset({"mcp"}), is_monitored=True, evidence=("AgentSentinel's MCP shim",))
        if program.language == "launcher":
            return ImportedFrameworks(evidence=(f"{program.runner} runs {program.package}",))
        if program.language == "node":
            return self._node_source(program)
        source = self._python_source(program, folder, command)
        if source.frameworks or source.is_monitored or _is_developer_tool(program):
            return source
        return self._by_native_libraries(source)

    def _node_source(self, program: Program) -> ImportedFrameworks:
        if program.script is None:
            return ImportedFrameworks()
        source = read_node(program.script)
        own = framework_of_package(source.package) if source.package and "node_modules" in program.script else None
        if own is None:
            return source
        return replace(
            source, frameworks=source.frameworks | {own}, evidence=(*source.evidence, f"package {source.package}")
        )

    def _python_source(self, program: Program, folder: str | None, command: list[str]) -> ImportedFrameworks:
        if _is_developer_tool(program):
            return ImportedFrameworks()
        if program.code is not None:
            return read_python_code(program.code, [folder] if folder else [])
        if program.script is None:
            return self._installed_module(program, command)
        roots = roots_of(program.script, folder, is_module=program.module is not None or program.runner is not None)
        later = [root for root in str(self._environment().get("PYTHONPATH", "")).split(os.pathsep) if root]
        source = read_python(program.script, roots, later)
        if source.frameworks or len(source.files) > 1 or os.path.splitext(program.script)[1]:
            return source
        # The command of an installed package: its script imports the package, which lives in site-packages.
        return read_python(program.script, [*roots, *_installed_beside(program.script)])

    def _installed_module(self, program: Program, command: list[str]) -> ImportedFrameworks:
        """Read `python -m package` of an installed package."""
        if program.module is None or not command or not os.path.isabs(command[0]):
            return ImportedFrameworks()
        for folder in _installed_beside(command[0]):
            base = os.path.join(folder, *program.module.split("."))
            for file in (os.path.join(base, "__main__.py"), f"{base}.py"):
                if os.path.isfile(file):
                    return read_python(file, [folder])
        return ImportedFrameworks()

    def _by_native_libraries(self, source: ImportedFrameworks) -> ImportedFrameworks:
        """Recognise an SDK by the native library that it has loaded, where the source shows no import."""
        paths = self._mapped_files()
        for library, packages in _NATIVE.items():
            loaded = [path for path in paths if f"{os.sep}{library}{os.sep}" in path]
            for folder in site_packages(loaded):
                found = frozenset(name for name in packages if os.path.isdir(os.path.join(folder, name)))
                if found:
                    evidence = f"has loaded {library}, the decoder of {' and '.join(sorted(found))}"
                    return replace(source, frameworks=found, evidence=(*source.evidence, evidence))
        return source

    def _mapped_files(self) -> list[str]:
        if sys.platform != "linux":
            return [entry.path for entry in self._ask("memory_maps") or []]
        try:
            with open(f"/proc/{self._process.info['pid']}/maps", "rb") as stream:
                lines = stream.read(_MOST_MAPS).splitlines()
        except OSError:
            return []
        return sorted({os.fsdecode(line.split(None, 5)[5]) for line in lines if b".so" in line and line.count(b" /")})

    def _live(self, environment: Mapping[str, str], name: str) -> tuple[str, ...]:
        if _BROWSERS_AND_EDITORS.match(name):
            return ()
        pid = self._process.info["pid"]
        own = [each for each in self._sockets.connections if each.pid == pid]
        if not own:
            return ()
        custom = connections.resolve(connections.custom_hosts(environment))
        return connections.live_hosts(pid, own, {**custom, **self._resolved})

    def _endpoints(self, pid: int) -> tuple[str, ...]:
        found = (shown_endpoint(each.address, each.port) for each in self._sockets.listeners if each.pid == pid)
        return tuple(dict.fromkeys(found))

    def _container(self) -> str | None:
        if sys.platform != "linux":
            return None
        try:
            with open(f"/proc/{self._process.info['pid']}/cgroup", encoding="utf-8", errors="replace") as stream:
                return container_of(stream.read(_MOST_MAPS))
        except OSError:
            return None


def container_of(cgroups: str) -> str | None:
    """Return the short id of the container that control groups belong to, or None."""
    found = _CONTAINER_ID.search(cgroups)
    return (found[1] or found[2])[:12] if found is not None else None


def shown_endpoint(address: str, port: int) -> str:
    """Return `host:port`, with brackets around IPv6; a socket on all interfaces is shown by the loopback address."""
    plain = connections.plain_address(address)
    plain = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(plain, plain)  # noqa: S104 - compared, not bound
    return f"[{plain}]:{port}" if ":" in plain else f"{plain}:{port}"


def tools_of(files: Iterable[str]) -> tuple[tuple[AgentTool, ...], str | None, bool]:
    """Return the tools and the model that the scanner finds in some files, and whether they hold credentials."""
    from datetime import datetime, timezone

    from agentsentinel_cli.scan.file_selection import Selection
    from agentsentinel_cli.scan.pipeline import Request, scan

    existing = tuple(file for file in files if os.path.isfile(file))
    if not existing:
        return (), None, False
    selection = Selection(include_tests=True, include_vendored=True, include_ignored=True, exclude=())
    try:
        result = scan(Request(existing, selection, use_cache=False, jobs=1), datetime.now(timezone.utc))
    except (OSError, ValueError):
        return (), None, False
    tools = {
        tool.name: AgentTool(tool.name, tool.tool_class.scope.value, tool.tool_class.is_dangerous)
        for agent in result.agents
        for tool in agent.tools
        if tool.name is not None
    }
    model = next((agent.model for agent in result.agents if agent.model), None)
    return tuple(tools.values()), model, any(agent.secrets for agent in result.agents)


def _installed_beside(program: str) -> tuple[str, ...]:
    """Return the `site-packages` of the environment that a program in `bin` or `Scripts` belongs to."""
    environment = os.path.dirname(os.path.dirname(program))
    library = os.path.join(environment, "lib")
    try:
        versions = [entry for entry in os.listdir(library) if entry.startswith("python")]
    except OSError:
        versions = []
    candidates = [os.path.join(library, version, "site-packages") for version in sorted(versions)]
    candidates.append(os.path.join(environment, "Lib", "site-packages"))
    return tuple(path for path in candidates if os.path.isdir(path))


def _is_developer_tool(program: Program) -> bool:
    names = {os.path.basename(program.script or ""), (program.module or "").split(".")[0]}
    return bool(names & _DEVELOPER_TOOLS) or _CODE_FROM_PIPE in (program.code or "")


def _is_shim(program: Program | None) -> bool:
    if program is None:
        return False
    name = os.path.basename(program.script or "")
    is_sentinel = (
        name in ("sentinel", "sentinel.exe", "sentinel-script.py") or program.module == "agentsentinel_cli.app"
    )
    return is_sentinel and program.arguments[:1] == ("shim",)


def _provider(keys: Iterable[Any], live: Iterable[str], labels: Iterable[str]) -> str | None:
    """Return the provider that a key, a connection or a framework shows, in this order."""
    for provider in (
        *(key.provider for key in keys),
        *(HOSTS[host] for host in live if host in HOSTS),
        *(FRAMEWORK_PROVIDERS[label] for label in labels if label in FRAMEWORK_PROVIDERS),
    ):
        return str(provider)
    return None
