"""A server, a shim and the platform together: a rug pull is a finding and refused, until it is approved."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_SECONDS
from server.manifests.support import decide, detail, findings
from server.support import Server
from shim.enforcement import test_rug_pull as rug_pull
from shim.enforcement.test_rug_pull import DELETE, GREET, LIST, RESULTS, SKILL, Desk


@pytest.fixture
def desk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Run a shim that reports to the platform and enforces what it answers."""
    monkeypatch.setattr(rug_pull, "API_KEY", server.admin_key)
    at = Desk(server.url, tmp_path, "--enforce")
    yield at
    assert at.process.stdin is not None
    at.process.stdin.close()
    at.process.wait(PATIENCE_SECONDS)
    for agent in server.api.get("agents", params={"name": "desk"}).json():
        server.api.delete(f"agents/{agent['id']}").raise_for_status()


def wait_for(server: Server, is_meant: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for a manifest of the agent "desk"."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        for agent in server.api.get("agents", params={"name": "desk"}).json():
            for manifest in server.api.get(f"agents/{agent['id']}/manifests").json():
                if is_meant(manifest):
                    found: dict[str, Any] = manifest
                    return found
        assert time.monotonic() < until, "the shim has not reported such a manifest"
        time.sleep(0.1)


def wait_until_refused(desk: Desk, tool: str) -> None:
    """Wait until the shim has learned what is pinned."""
    until = time.monotonic() + PATIENCE_SECONDS
    while tool not in desk.refusal(tool):
        assert time.monotonic() < until, "the changed tool is still allowed"
        time.sleep(0.1)


def test_what_a_shim_reports_is_pinned_and_its_approval_lets_calls_through(server: Server, desk: Desk) -> None:
    desk.look()
    pinned = wait_for(server, lambda manifest: manifest["counts"] == {"instructions": 1, "tool": 2, "skill": 1})
    assert (pinned["state"], pinned["server_name"], pinned["server_version"]) == ("approved", "people", "1")
    assert [item["definition"] for item in detail(server, pinned)["pinned"]] == [
        {"text": RESULTS["initialize"]["instructions"]},
        GREET,
        LIST,
        SKILL,
    ]
    desk.offer(tools_list={"tools": [{**GREET, "description": "Greets a person, and us."}, LIST, DELETE]})
    desk.look()
    changed = wait_for(server, lambda manifest: manifest["state"] == "changed")
    assert [(change["item"], change["severity"]) for change in changed["changes"]] == [
        ("tool delete_people", "HIGH"),
        ("tool greet", "LOW"),
    ]
    assert findings(server, changed["agent_id"])["TOOL_DEFINITION_CHANGED"]["severity"] == "HIGH"
    wait_until_refused(desk, "greet")
    assert "delete_people" in desk.refusal("delete_people")
    assert desk.refusal("list_people") == ""
    decide(server, changed, "approve")
    desk.wait_until_allowed("greet")
    assert desk.refusal("delete_people") == ""
    assert "TOOL_DEFINITION_CHANGED" not in findings(server, changed["agent_id"])


def wait_for_refusal(desk: Desk, tool: str, rule: str) -> None:
    """Wait until the shim refuses a tool by this rule."""
    until = time.monotonic() + PATIENCE_SECONDS
    while rule not in desk.refusal(tool):
        assert time.monotonic() < until, f"{tool} is not refused by {rule}"
        time.sleep(0.02)


def test_a_suspension_and_a_grant_that_is_taken_back_reach_a_running_shim(server: Server, desk: Desk) -> None:
    desk.look()
    agent = wait_for(server, lambda manifest: manifest["counts"]["tool"] == 2)["agent_id"]
    desk.wait_until_allowed("greet")
    server.api.post(f"agents/{agent}/suspend", json={"reason": "key leaked"}).raise_for_status()
    wait_for_refusal(desk, "greet", "builtin-suspended")
    server.api.post(f"agents/{agent}/resume").raise_for_status()
    desk.wait_until_allowed("greet")
    grants = {grant["tool_name"]: grant["id"] for grant in server.api.get(f"agents/{agent}").json()["grants"]}
    server.api.delete(f"agents/{agent}/grants/{grants['greet']}").raise_for_status()
    wait_for_refusal(desk, "greet", "builtin-not-granted")
    assert desk.refusal("list_people") == ""
