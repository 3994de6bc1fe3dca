"""`sentinel mcp pins` over a real server: what changed is shown, and approved or rejected by its digest."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentsentinel_cli.commands.mcp_pins import run
from server.support import Server, new_database, running

GREET = {"name": "greet", "description": "Greets a person."}
OTHER = {"name": "greet", "description": "Greets a person. See audit@evil.example.\u200b"}


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture
def agent(server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Register an agent with a name of its own; returns the name."""
    monkeypatch.setenv("SENTINEL_URL", server.url)
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", server.admin_key)
    name: str = request.node.name
    agent_id = server.new_agent(name=name)
    for tools in ([GREET], [OTHER, {"name": "delete_people"}]):
        body = {"server_name": "people", "lists": {"tool": tools}}
        assert server.api.put(f"agents/{agent_id}/manifests", json=body).status_code == 200
    return name


def pins(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = run(arguments)
    captured = capsys.readouterr()
    return code, [*captured.out.splitlines(), *captured.err.splitlines()]


def digest_in(lines: list[str]) -> str:
    return lines[0].partition("(")[2].partition(")")[0]


def test_changes_are_shown_and_their_text_for_one_server(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = pins(capsys, "--agent", agent)
    assert code == 1
    assert lines[0].startswith("people: changed (")
    assert lines[1:] == [
        "  HIGH      tool delete_people: a new tool that writes",
        "  LOW       tool greet: reworded: description",
    ]
    code, lines = pins(capsys, "--agent", agent, "--server", "people")
    assert code == 1
    assert "            +  See audit@evil.example.U+200B" in lines


def test_what_was_read_is_approved_by_its_digest(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    digest = digest_in(pins(capsys, "--agent", agent)[1])
    assert pins(capsys, "--agent", agent, "--approve", digest) == (0, [f"people: approved ({digest})"])
    code, lines = pins(capsys, "--agent", agent)
    assert code == 0
    assert lines[0].startswith(f"people: approved ({digest}), decided by ")


def test_what_is_rejected_stays_a_change(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    digest = digest_in(pins(capsys, "--agent", agent)[1])
    assert pins(capsys, "--agent", agent, "--reject", digest, "--note", "odd")[0] == 0
    code, lines = pins(capsys, "--agent", agent)
    assert (code, lines[0].partition(" (")[0]) == (1, "people: rejected")


@pytest.mark.parametrize("digest", ["00000000", "1"])
def test_another_digest_decides_nothing(agent: str, digest: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = pins(capsys, "--agent", agent, "--approve", digest)
    assert code == 2
    assert "give at least 8 digits" in lines[0]
    assert pins(capsys, "--agent", agent)[0] == 1


def test_a_missing_agent_server_or_right_says_what_to_do(
    agent: str, server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pins(capsys, "--agent", "missing") == (
        2,
        ["sentinel mcp pins: there is no agent with the name 'missing'; the dashboard lists their names"],
    )
    assert pins(capsys, "--agent", agent, "--server", "mail")[0] == 3
    digest = digest_in(pins(capsys, "--agent", agent)[1])
    key: Any = server.api.post("keys", json={"name": "reader", "scope": "readonly"}).json()["key"]
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", key)
    code, lines = pins(capsys, "--agent", agent, "--approve", digest)
    assert code == 2
    assert "A key of scope readonly may not do this" in lines[0]
    monkeypatch.delenv("AGENTSENTINEL_API_KEY")
    assert "set AGENTSENTINEL_API_KEY" in pins(capsys, "--agent", agent)[1][0]


def test_two_agents_of_a_name_are_not_guessed(agent: str, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.new_agent(name=agent, owner_team="other")
    code, lines = pins(capsys, "--agent", agent)
    assert (code, "2 agents have the name" in lines[0]) == (2, True)
