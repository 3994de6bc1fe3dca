"""Hooks against the real server: a coding agent's calls are stored, once, under an agent of their own."""

import io
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agentsentinel_sdk import Client, StoredEvent
from agentsentinel_shim.hook import feed, spool
from agentsentinel_shim.hook.ship import UNSENT, Shipper, agent_name, reporter_of
from server.support import Server, new_database, running
from shim.hook.enforcing import RULES, Agent, end, wait_until
from shim.hook.samples import PAYLOADS
from shim.hook.support import Desk

EXPECTED = {
    "claude-code": ("github", "create_issue", None),
    "cursor": ("github", "create_issue", None),
    "codex": (None, "Bash", "git"),
    "copilot": (None, "bash", "npm"),
}


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.mark.parametrize("client", PAYLOADS)
def test_a_call_is_stored_once_although_it_is_sent_twice(
    client: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "default_folder", lambda: str(tmp_path))
    monkeypatch.setattr(feed, "start_shipper", lambda _: None)
    monkeypatch.setenv("SENTINEL_URL", server.url)
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", server.admin_key)
    for event in list(PAYLOADS[client])[:2]:
        payload = json.dumps(PAYLOADS[client][event]).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(payload)))
        feed.run(["--client", client, "--event", event])
    lines = (tmp_path / spool.NAME).read_text()
    for _ in range(2):
        (tmp_path / spool.NAME).write_text(lines)
        shipper = Shipper(tmp_path, partial(reporter_of, unsent=tmp_path / UNSENT))
        shipper.ship()
        assert not shipper.unsent
        (tmp_path / "state.json").unlink()  # as if the process had died before it wrote down what it did
    with Client(server.admin_key, server.url) as admin:
        (stored,) = [event for event in admin.list_events() if event.agent_name == agent_name(client)]
    assert (stored.channel, stored.status) == ("hook", "ok")
    assert (stored.server_name, stored.tool_name, stored.operation) == EXPECTED[client]


@pytest.mark.parametrize("client", PAYLOADS)
def test_a_refused_call_is_stored_once_and_a_suspension_reaches_the_hook(
    client: str, server: Server, tmp_path: Path
) -> None:
    made = Agent(Desk(tmp_path), client, server.url, server.admin_key)
    try:
        made.install("--enforce")
        assert made.allowed().stdout == ""
        assert f"rule {RULES[client]}" in made.call().stdout
        with Client(server.admin_key, server.url) as admin:

            def refused() -> list[StoredEvent]:
                events = [event for event in admin.list_events() if event.agent_name == agent_name(client)]
                return [event for event in events if event.status == "denied"]

            wait_until(refused, "the refused call is stored")
            (denied,) = refused()
        assert (denied.decision, denied.policy_rule, denied.channel) == ("deny", RULES[client], "hook")
        server.api.post(f"agents/{denied.agent_id}/suspend", json={"reason": "key leaked"}).raise_for_status()
        wait_until(lambda: "builtin-suspended" in made.allowed().stdout, "the suspension reaches the hook")
        server.api.post(f"agents/{denied.agent_id}/resume").raise_for_status()
        wait_until(lambda: made.allowed().stdout == "", "the agent goes on")
    finally:
        end(made)
