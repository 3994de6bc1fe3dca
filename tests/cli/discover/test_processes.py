"""Agents among real processes: a zoo of frameworks beside decoys."""

import _ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

from agentsentinel_cli.discover.connections import read_sockets
from agentsentinel_cli.discover.merge import LAUNCHER
from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.discover.processes import container_of, find_processes, shown_endpoint
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_cli.report.discovery_text import label_of
from agentsentinel_sdk.testing import FakeSentinel
from cli.discover.support import environment, made_up_key, running, scripts, stub_package, waiting
from shim.support import PROGRAMS, greeter, shim

ZOO = {
    "langchain_agent.py": ("from langchain_core.tools import tool", "LangChain", ["langchain_core.tools"]),
    "worker.py": ("from agents import Agent, Runner", "OpenAI Agents SDK", ["agents"]),
    "tools.py": ("from mcp.server.fastmcp import FastMCP", "MCP", ["mcp.server.fastmcp"]),
    "crew.py": ("from crewai import Crew", "CrewAI", ["crewai"]),
    "chat.py": ("import autogen_agentchat.agents", "AutoGen", ["autogen_agentchat.agents"]),
    "kernel.py": ("import semantic_kernel as sk", "Semantic Kernel", ["semantic_kernel"]),
    "index.py": ("import llama_index.core", "LlamaIndex", ["llama_index.core"]),
    "pipeline.py": ("import haystack", "Haystack", ["haystack"]),
    "typed.py": ("from pydantic_ai import Agent", "PydanticAI", ["pydantic_ai"]),
    "adk.py": ("import google.adk.agents", "Google ADK", ["google.adk.agents"]),
    "claude.py": ("import anthropic", "Anthropic SDK", ["anthropic"]),
    "gpt.py": ("import openai", "OpenAI SDK", ["openai"]),
}
"""Script -> its import, the framework, and the packages that stand in for it."""
_NAMES = "Agent = Runner = Crew = FastMCP = tool = None\n"

HELPER = "agents_of_change.py"
DECOYS = {
    "notes_about_langchain.py": "import json",
    "editor.py": "TEXT = '''\nimport openai\n'''",
    "own.py": "import agents_of_change",
    "web.py": "import http.server",
}


def found_in(pids: Iterable[int]) -> dict[int, DiscoveredAgent]:
    agents: list[DiscoveredAgent] = []
    find_processes(psutil, read_sockets(psutil), lambda: False, agents.append)
    wanted = set(pids)
    return {agent.pid: agent for agent in agents if agent.pid in wanted}


@pytest.fixture
def stubs(tmp_path: Path) -> str:
    folder = tmp_path / "installed"
    for _, _, packages in ZOO.values():
        for package in packages:
            stub_package(folder, package, _NAMES)
    return str(folder)


def test_agents_of_all_twelve_frameworks_are_found(tmp_path: Path, stubs: str) -> None:
    sources = {name: source for name, (source, _, _) in ZOO.items()}
    with scripts(tmp_path / "zoo", sources, PYTHONPATH=stubs) as processes:
        found = found_in(process.pid for process in processes.values())
        shown = {name: found[process.pid].frameworks for name, process in processes.items()}
        evidence = {name: found[process.pid].evidence[0] for name, process in processes.items()}
    assert shown == {name: (framework,) for name, (_, framework, _) in ZOO.items()}
    assert all(text.startswith(f"{name} imports ") for name, text in evidence.items())


def test_decoys_are_not_reported(tmp_path: Path) -> None:
    (tmp_path / HELPER).write_text("Agent = None\n")
    with scripts(tmp_path, DECOYS, OPENAI_API_KEY=made_up_key("sk-proj-")) as processes:
        assert found_in(process.pid for process in processes.values()) == {}


def test_a_frameworks_name_in_the_arguments_is_not_an_agent(tmp_path: Path) -> None:
    (tmp_path / "count.py").write_text(waiting("import sys"))
    command = [sys.executable, "count.py", "langchain", "mcp", "agent.py", "@modelcontextprotocol/sdk"]
    with running(command, folder=tmp_path) as process:
        assert found_in([process.pid]) == {}


def test_the_key_of_an_agent_is_found_and_masked(tmp_path: Path, stubs: str) -> None:
    key = made_up_key("sk-ant-api03-", 80)
    variables = {"PYTHONPATH": stubs, "ANTHROPIC_API_KEY": key, "OPENAI_API_KEY": "changeme"}
    with scripts(tmp_path, {"support_agent.py": "from crewai import Crew"}, **variables) as processes:
        (agent,) = found_in([processes["support_agent.py"].pid]).values()
    assert agent.name == "support-agent"
    assert agent.provider == "Anthropic"
    assert [each.shown for each in agent.api_keys] == [f"ANTHROPIC_API_KEY={key[:8]}...{key[-4:]}"]
    assert key not in repr(agent)


def test_a_key_in_the_command_line_is_masked_in_the_evidence_too(tmp_path: Path, stubs: str) -> None:
    key = made_up_key("sk-proj-")
    (tmp_path / "a.py").write_text(waiting("import openai"))
    command = [sys.executable, "a.py", "--api-key", key, f"--other={key}"]
    with running(command, folder=tmp_path, variables={"PYTHONPATH": stubs}) as process:
        (agent,) = found_in([process.pid]).values()
    assert [each.variable for each in agent.api_keys] == ["--api-key", "--other"]
    assert key not in repr(agent)


def test_the_tools_of_a_running_agent_are_those_of_its_source(tmp_path: Path, stubs: str) -> None:
    source = """
from langchain_core.tools import tool

if tool is None:
    tool = lambda function: function


@tool
def delete_table(name: str) -> None:
    '''Delete a table.'''
"""
    with scripts(tmp_path, {"db.py": source}, PYTHONPATH=stubs) as processes:
        agent = found_in([processes["db.py"].pid])[processes["db.py"].pid]
    assert [(tool.name, tool.is_dangerous) for tool in agent.tools] == [("delete_table", True)]


def test_an_agent_that_reports_to_the_platform_is_monitored(tmp_path: Path, stubs: str) -> None:
    sources = {"a.py": "import crewai", "b.py": "import crewai\nimport agentsentinel_sdk", "c.py": "import crewai"}
    with scripts(tmp_path / "x", sources, PYTHONPATH=stubs) as processes:
        found = found_in(process.pid for process in processes.values())
        monitored = {name: found[process.pid].is_monitored for name, process in processes.items()}
    assert monitored == {"a.py": False, "b.py": True, "c.py": False}


@pytest.mark.parametrize("how", ["-m", "-c", "served"])
def test_modules_code_and_served_applications_are_agents_too(tmp_path: Path, stubs: str, how: str) -> None:
    stub_package(tmp_path, "acme")
    (tmp_path / "acme" / "__main__.py").write_text(waiting("from acme import brain"))
    (tmp_path / "acme" / "brain.py").write_text("import crewai\n")
    (tmp_path / "uvicorn").write_text(waiting("import sys"))
    command = {
        "-m": ["-m", "acme"],
        "-c": ["-c", waiting("import crewai")],
        "served": ["uvicorn", "acme.brain:app"],
    }[how]
    with running([sys.executable, *command], folder=tmp_path, variables={"PYTHONPATH": stubs}) as process:
        (agent,) = found_in([process.pid]).values()
    assert agent.frameworks == ("CrewAI",)


def test_the_command_of_an_installed_package_is_known_by_its_package(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    stub_package(site, "acme_server", "import mcp_types\n")
    stub_package(site, "mcp_types")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "acme-server"
    script.write_text(waiting("import acme_server"))
    with running([sys.executable, str(script)], variables={"PYTHONPATH": str(site)}) as process:
        (agent,) = found_in([process.pid]).values()
    assert (agent.name, agent.frameworks) == ("acme-server", ("MCP",))


def test_a_launch_line_of_an_mcp_server_is_an_agent(tmp_path: Path) -> None:
    launcher = tmp_path / "uvx"
    launcher.write_text(waiting(f"#!{sys.executable}"))
    with running([sys.executable, str(launcher), "mcp-server-git"]) as process:
        (agent,) = found_in([process.pid]).values()
    assert (agent.name, agent.frameworks, agent.transport) == ("mcp-server-git", ("MCP",), LAUNCHER)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_programs_of_node_are_agents_by_import_or_package(tmp_path: Path) -> None:
    wait = "\nconsole.log('ready'); setTimeout(() => {}, 600000);\n"
    (tmp_path / "server.js").write_text("// require('openai')" + wait)
    package = tmp_path / "node_modules" / "@acme" / "tools"
    package.mkdir(parents=True)
    document = {"name": "@acme/tools", "dependencies": {"@modelcontextprotocol/sdk": "^1"}}
    (package / "package.json").write_text(json.dumps(document))
    (package / "index.js").write_text(wait)
    (tmp_path / "chat.js").write_text("try { require('openai') } catch (e) {}" + wait)
    node = shutil.which("node") or "node"
    with (
        running([node, "server.js"], folder=tmp_path) as decoy,
        running([node, str(package / "index.js")], folder=tmp_path) as server,
        running([node, "chat.js"], folder=tmp_path) as chat,
    ):
        found = found_in([decoy.pid, server.pid, chat.pid])
    assert {pid: (agent.name, agent.frameworks) for pid, agent in found.items()} == {
        server.pid: ("@acme/tools", ("MCP",)),
        chat.pid: ("chat", ("OpenAI SDK",)),
    }


@pytest.mark.parametrize("line", ["1", "2"])
def test_official_mcp_servers_over_pipes_are_agents(line: str) -> None:
    with subprocess.Popen(greeter(line, "stdio"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        (agent,) = found_in([process.pid]).values()
        process.kill()
    assert (agent.name, agent.frameworks) == ("greeter", ("MCP",))
    assert {"greet", "repeat"} <= {tool.name for tool in agent.tools}


def test_the_shim_with_a_key_in_its_environment_is_the_agent_of_the_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = made_up_key("sk-proj-")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    upstream = f"{sys.executable} {PROGRAMS / 'tiny.py'}"
    with FakeSentinel().serve() as url, shim(["--upstream-cmd", upstream], url, tmp_path / "log") as (_, process):
        (agent,) = found_in([process.pid]).values()
    agent = assessed(agent)
    assert (agent.name, label_of(agent), agent.is_monitored) == ("mcp-shim", "MCP + OpenAI", True)
    assert (agent.risk.value, agent.next_step) == ("CRITICAL", f"sentinel scan --pid {agent.pid}")


@pytest.mark.skipif(sys.platform != "linux", reason="copies a library of Linux")
@pytest.mark.parametrize(("beside", "framework"), [("openai", "OpenAI SDK"), ("anthropic", "Anthropic SDK")])
def test_an_sdk_is_known_by_the_native_library_that_it_has_loaded(tmp_path: Path, beside: str, framework: str) -> None:
    site = tmp_path / "site-packages"
    for package in ("jiter", beside):
        stub_package(site, package)
    shutil.copy(_ctypes.__file__, site / "jiter" / "jiter.so")
    source = f"import ctypes\nctypes.CDLL({str(site / 'jiter' / 'jiter.so')!r})"
    with scripts(tmp_path / "x", {"hidden.py": source, "decoy.py": "import ctypes", "pytest": source}) as processes:
        found = found_in(process.pid for process in processes.values())
        hidden = processes["hidden.py"].pid
    assert set(found) == {hidden}
    assert found[hidden].frameworks == (framework,)
    assert "has loaded jiter" in found[hidden].evidence[0]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs to become another user")
def test_what_may_not_be_read_is_counted(tmp_path: Path, stubs: str) -> None:
    with scripts(tmp_path / "secret", {"a.py": "import crewai"}, PYTHONPATH=stubs) as processes:
        (tmp_path / "secret").chmod(0o700)
        code = (
            "import os, psutil\n"
            "from agentsentinel_cli.discover.connections import read_sockets\n"
            "from agentsentinel_cli.discover.processes import find_processes\n"
            "find = lambda: find_processes(psutil, read_sockets(psutil), lambda: False, lambda agent: None)\n"
            "find(); os.setgid(65534); os.setuid(65534)\n"  # loads all modules, which the other user may not read
            "print(find().notices)"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(), timeout=60
        )
        assert processes
    assert "of other users could only be read in part" in run.stdout


@pytest.mark.parametrize("is_reaped", [True, False])
def test_a_process_that_ends_while_others_are_read_is_passed_over(tmp_path: Path, stubs: str, is_reaped: bool) -> None:
    """Without being reaped it stays a zombie, whose properties cannot be read either."""
    agents: list[DiscoveredAgent] = []
    with scripts(tmp_path, {"a.py": "import crewai"}, PYTHONPATH=stubs) as processes:
        process = processes["a.py"]

        def is_stopped() -> bool:
            if process.returncode is None:
                process.kill()
            if is_reaped:
                process.wait()
            return False

        find_processes(psutil, read_sockets(psutil), is_stopped, agents.append)
        assert process.pid not in {agent.pid for agent in agents}


def test_a_stopped_run_reads_no_further_process() -> None:
    agents: list[DiscoveredAgent] = []
    find_processes(psutil, read_sockets(psutil), lambda: True, agents.append)
    assert agents == []


@pytest.mark.parametrize(
    ("cgroups", "container"),
    [
        (f"0::/system.slice/docker-{'ab12' * 16}.scope\n", "ab12ab12ab12"),
        (f"12:cpu:/docker/{'cd34' * 16}\n", "cd34cd34cd34"),
        (f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{'ef56' * 16}.scope\n", "ef56ef56ef56"),
        (f"0::/machine.slice/libpod-{'0a1b' * 16}.scope\n", "0a1b0a1b0a1b"),
        ("0::/user.slice/user-1000.slice/session-2.scope\n", None),
        ("", None),
    ],
)
def test_the_container_of_a_process_is_known_by_its_control_groups(cgroups: str, container: str | None) -> None:
    assert container_of(cgroups) == container


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("0.0.0.0", "127.0.0.1:80"),
        ("::", "127.0.0.1:80"),
        ("10.0.0.1", "10.0.0.1:80"),
        ("::1", "[::1]:80"),
        ("::ffff:10.0.0.1", "10.0.0.1:80"),
    ],
)
def test_endpoints_are_shown_as_they_can_be_reached(address: str, shown: str) -> None:
    assert shown_endpoint(address, 80) == shown
