"""Running containers, by a stand-in for `docker`."""

import json
from pathlib import Path

import pytest

from agentsentinel_cli.discover.command_output import CommandError
from agentsentinel_cli.discover.docker import read_containers
from agentsentinel_cli.discover.model import Discovery
from agentsentinel_cli.discover.run import Plan, Run
from cli.discover.stand_ins import container, docker, stand_in
from cli.discover.support import made_up_key

KEY = made_up_key("sk-ant-api03-", 80)
PLAN = Plan(has_processes=False, has_network=False, has_docker=True)


def found(path: str, monkeypatch: pytest.MonkeyPatch) -> Discovery:
    monkeypatch.setenv("PATH", path)
    return Run(PLAN).execute()


def test_containers_with_keys_or_images_of_agents_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = {"8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "18080"}, {"HostIp": "::", "HostPort": "18080"}]}
    containers = [
        container("crew", "acme/app", f"ANTHROPIC_API_KEY={KEY}"),
        container("time", "mcp/time", ports=published),
        container("db", "postgres:16", "POSTGRES_PASSWORD=hunter2hunter2hunter2"),
        container("web", "nginx", "OPENAI_API_KEY=changeme"),
    ]
    discovery = found(docker(tmp_path / "bin", containers), monkeypatch)
    agents = {agent.name: agent for agent in discovery.agents}
    assert set(agents) == {"crew", "time"}
    assert (agents["crew"].risk.value, agents["crew"].provider) == ("CRITICAL", "Anthropic")
    assert agents["crew"].risk_reason == "LLM API key exposed in container environment"
    assert agents["crew"].next_step == "docker top crew"
    assert (agents["time"].frameworks, agents["time"].endpoints) == (("MCP",), ("127.0.0.1:18080",))
    assert KEY not in repr(discovery)


def test_no_containers_are_no_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    discovery = found(docker(tmp_path / "bin", []), monkeypatch)
    assert (discovery.agents, discovery.notices, discovery.is_blind) == ([], [], False)


@pytest.mark.parametrize(
    ("source", "why"),
    [("sys.exit(1)", "exit code 1"), ("print('abc' if sys.argv[1] == 'ps' else 'junk {')", "not JSON")],
)
def test_a_docker_that_fails_or_prints_junk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    discovery = found(stand_in(tmp_path / "bin", "docker", source), monkeypatch)
    assert why in discovery.notices[0]
    assert discovery.is_blind


def test_without_docker_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(str(tmp_path), monkeypatch).notices == ["containers were not looked at: docker is not installed"]


@pytest.mark.parametrize("document", ["null", "{}", "[null, 1, {}]", '[{"Config": 1}]', '[{"Config": {"Env": {}}}]'])
def test_documents_of_another_shape_hold_no_agent(document: str) -> None:
    assert list(read_containers(document.encode())) == []


@pytest.mark.parametrize("output", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_output_that_is_not_json_is_an_error(output: bytes) -> None:
    with pytest.raises(CommandError):
        list(read_containers(output))


def test_ports_of_another_shape_are_passed_over() -> None:
    ports = {"1/tcp": None, "2/tcp": [1, {}, {"HostPort": 3}, {"HostIp": "10.0.0.1", "HostPort": "4"}], "5/tcp": "x"}
    (agent,) = read_containers(json.dumps([container("m", "mcp/m", ports=ports)]).encode())
    assert agent.endpoints == ("10.0.0.1:4",)
