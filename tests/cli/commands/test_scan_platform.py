"""`sentinel scan --connect URL` without a target: the agents of a platform."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.discover.servers import answering, host
from cli.scan.support import Run, sentinel
from server.support import Server, new_database, running

HOSTILE = "x\x1b[31m\u202e" + "y" * 200


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a real platform with three agents."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("listed")) as made:
        for name, tools in (
            ("reader", ["read_page"]),
            ("runner", ["run_shell", "send_email", "read_file"]),
            (HOSTILE, []),
        ):
            agent = made.api.post("agents", json={"name": name}).json()
            for tool in tools:
                made.api.post(f"agents/{agent['id']}/grants", json={"tool_name": tool}).raise_for_status()
        yield made


def listed(folder: Path, server: Server, *arguments: str, key: str | None = None) -> Run:
    env = {"AGENTSENTINEL_API_KEY": server.admin_key if key is None else key}
    return sentinel(folder, "scan", "--connect", server.url, *arguments, env=env)


def test_agents_are_listed_with_their_scores_the_least_trusted_first(tmp_path: Path, server: Server) -> None:
    run = listed(tmp_path, server)
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0].split() == ["Agent", "Status", "Trust", "Posture", "Behaviour", "Model"]
    assert lines[2].split()[0] == "runner"
    assert lines[-1] == "  3 agents"
    assert "\x1b" not in run.out
    assert "\u202e" not in run.out
    assert max(map(len, lines)) <= 100


def test_the_list_as_json(tmp_path: Path, server: Server) -> None:
    agents = json.loads(listed(tmp_path, server, "--format", "json").out)
    scores = [agent["trust_score"] for agent in agents if agent["trust_score"] is not None]
    assert scores == sorted(scores)
    assert len(scores) >= 2
    assert {agent["name"] for agent in agents} == {"reader", "runner", HOSTILE}


@pytest.mark.parametrize(("key", "why"), [("", "a key is needed"), ("as_ro_wrong", "the key was refused")])
def test_without_a_valid_key_nothing_is_listed(tmp_path: Path, server: Server, key: str, why: str) -> None:
    run = listed(tmp_path, server, key=key)
    assert (run.code, run.out) == (2, "")
    assert why in run.err
    assert "as_ro_wrong" not in run.err


@pytest.mark.parametrize("answer", [(302, {}), (200, {"agents": 1}), (200, [{"name": "x"}]), (200, "page"), (500, {})])
def test_a_server_that_is_not_a_platform_is_said(tmp_path: Path, answer: tuple[int, object]) -> None:
    with host(answering({"/api/v1/agents?limit=500&offset=0": answer})) as port:
        run = sentinel(tmp_path, "scan", "--connect", f"http://127.0.0.1:{port}", "--api-key", "as_ro_x")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)


def test_a_platform_without_agents_says_so(tmp_path: Path) -> None:
    with host(answering({"/api/v1/agents?limit=500&offset=0": (200, [])})) as port:
        run = sentinel(tmp_path, "scan", "--connect", f"http://127.0.0.1:{port}", "--api-key", "as_ro_x")
    assert (run.code, run.out) == (0, "  No agents are registered.\n")


def test_formats_of_findings_do_not_apply(tmp_path: Path, server: Server) -> None:
    assert listed(tmp_path, server, "--format", "sarif").code == 2
