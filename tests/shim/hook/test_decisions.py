"""Hooks refuse what the policy and the built-in rules deny, for each client, and nothing without `--enforce`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.answers import denial
from agentsentinel_shim.hook.decisions import PROBED, Decisions
from ports import free_port
from shim.hook.enforcing import ALLOWED, POLICY, RULES, Agent, agent, agent_id, end, wait_until
from shim.hook.samples import PAYLOADS
from shim.hook.support import Desk

WHY = {"no-force": "nothing is pushed by force"}
CALL = b"call PreToolUse\n"
PAYLOAD = CALL + json.dumps(PAYLOADS["codex"]["PreToolUse"]).encode()
PROBE = b"probe" + PAYLOAD.removeprefix(b"call")


def reason_of(answer: str) -> str:
    return str(json.loads(answer)["hookSpecificOutput"]["permissionDecisionReason"])


def records(made: Agent) -> list[dict[str, Any]]:
    """Return what hooks left for the shipper, taken or not."""
    paths = [*made.folder.glob("*.taken"), *made.folder.glob(spool.NAME)]
    return [json.loads(text) for path in paths for text in path.read_text().splitlines()]


@pytest.mark.parametrize("client", RULES)
def test_a_denied_call_gets_its_clients_denial_and_an_allowed_one_silence(client: str, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with agent(tmp_path, client, sentinel) as made:
        made.install("--enforce")
        denied, allowed = made.call(), made.allowed()
        rule = RULES[client]
        assert (denied.returncode, denied.stdout) == (0, denial(client, rule, WHY.get(rule, "")))
        assert (allowed.returncode, allowed.stdout) == (0, "")
        wait_until(lambda: sentinel.events, "the denied call is reported")
        after = next(event for event in PAYLOADS[client] if event.lower().startswith("posttool"))
        failure = next((event for event in PAYLOADS[client] if event.lower().endswith("failure")), after)
        made.hook(PAYLOADS[client][failure], failure)  # what the client says after a denial
        made.hook({**ALLOWED[client], **({"hook_event_name": after} if client != "copilot" else {})}, after)
        wait_until(lambda: len(sentinel.events) > 1, "the allowed call is reported")
        first, second = sentinel.events
        assert (first["status"], first["decision"], first["would_block"]) == ("denied", "deny", False)
        assert first["policy_rule"] == rule
        assert (second["status"], second["decision"], second["would_block"]) == ("ok", "allow", False)
        assert "policy_rule" not in second


@pytest.mark.parametrize("client", RULES)
def test_without_enforce_nothing_is_refused_and_events_say_what_would_be(client: str, tmp_path: Path) -> None:
    with agent(tmp_path, client) as made:
        made.install()
        assert made.call().stdout == ""  # for which nothing is waited: the process only starts

        def is_judged() -> bool:
            done = made.call()
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            return any(record.get("would_block") for record in records(made))

        wait_until(is_judged, "a call is judged")
        judged = next(record for record in records(made) if record.get("would_block"))
        assert (judged["decision"], judged["rule"]) == ("allow", RULES[client])


def test_a_suspension_and_a_grant_that_is_taken_back_reach_the_hook(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with agent(tmp_path, "codex", sentinel) as codex:
        codex.install("--enforce", policy=None)
        assert codex.allowed().stdout == ""
        id_ = agent_id(sentinel, "codex")
        sentinel.client().add_grant(id_, "Bash", origin="declared")
        wait_until(lambda: codex.allowed().stdout, "the missing grant reaches the hook")
        assert "rule builtin-not-granted" in reason_of(codex.allowed().stdout)
        assert codex.call().stdout == ""
        sentinel.suspended[id_] = "key leaked"
        wait_until(lambda: codex.call().stdout, "the suspension reaches the hook")
        assert "rule builtin-suspended: this agent is suspended: key leaked" in reason_of(codex.call().stdout)
        del sentinel.suspended[id_]
        wait_until(lambda: not codex.call().stdout, "the agent goes on")


def test_a_limit_counts_over_processes(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with agent(tmp_path, "codex", sentinel) as codex:
        codex.install("--enforce", policy=None)
        assert codex.allowed().stdout == ""
        sentinel.client().add_grant(agent_id(sentinel, "codex"), "Read", origin="declared", rate_limit_per_hour=3)
        wait_until(lambda: codex.call().stdout, "the grants arrive: another tool has none")
        answers = [codex.allowed().stdout for _ in range(4)]
        assert answers[:3] == ["", "", ""]
        assert "its grant allows 3 calls an hour" in reason_of(answers[3])
        end(codex)
        assert "builtin-rate-limit" in codex.allowed().stdout


def test_with_no_server_each_call_is_refused_and_kept_until_there_is_one(tmp_path: Path) -> None:
    port = free_port()
    sentinel = FakeSentinel()
    codex = Agent(Desk(tmp_path), "codex", f"http://127.0.0.1:{port}", sentinel.api_key)
    try:
        codex.install("--enforce")
        reason = reason_of(codex.allowed().stdout)
        assert "rule builtin-snapshot-stale" in reason
        assert "AgentSentinel does not answer as it should" in reason
        (kept,) = records(codex)
        assert (kept["decision"], kept["rule"]) == ("deny", "builtin-snapshot-stale")
        with sentinel.serve(port):
            wait_until(lambda: codex.allowed().stdout == "", "the call is allowed")
    finally:
        end(codex)


def test_a_wrong_policy_replaces_none_and_its_line_is_said(tmp_path: Path) -> None:
    with agent(tmp_path) as codex:
        codex.install("--enforce")
        assert "no-force" in codex.call().stdout
        codex.policy.write_text("version: 1\nrules:\n  - {id: x, when: {tol: y}}\n")
        log = codex.folder / spool.LOG
        wait_until(lambda: log.exists() and "policy.yaml:3:" in log.read_text(), "the line is said")
        assert "no-force" in codex.call().stdout
        end(codex)
        assert "no-force" in codex.call().stdout  # of another process, by the policy that was right
        codex.policy.write_text(POLICY.replace("no-force", "still-no-force"))
        wait_until(lambda: "still-no-force" in codex.call().stdout, "the right policy holds")


def test_a_policy_that_was_wrong_from_the_beginning_refuses_with_its_line_until_it_is_right(tmp_path: Path) -> None:
    with agent(tmp_path) as codex:
        codex.install("--enforce")
        codex.policy.write_text("version: 1\nrules:\n  - {id: x, when: {tol: y}}\n")
        reason = reason_of(codex.allowed().stdout)
        assert "rule builtin-enforcement-error" in reason
        assert f"{codex.policy}:3: " in reason
        codex.policy.write_text(POLICY)
        assert codex.allowed().stdout == ""
        assert "no-force" in codex.call().stdout


# --- within one process --------------------------------------------------------------------------------------------


@contextmanager
def decisions(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sentinel: FakeSentinel, *, enforces: bool = True, age: float = 30.0
) -> Iterator[tuple[Decisions, list[str]]]:
    """Give what decides, for a server that is there until the block leaves it, and the lines of its log."""
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", sentinel.api_key)
    policy = folder / "given.yaml"
    policy.write_text(POLICY)
    said: list[str] = []
    words = ["codex", "", "", str(policy), "enforce" if enforces else ""]
    with Decisions(folder, words, said.append, age) as made:
        yield made, said


def test_while_the_server_is_away_the_last_snapshot_holds_until_it_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = FakeSentinel()
    allowed = CALL + json.dumps(ALLOWED["codex"]).encode()
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        with decisions(tmp_path, monkeypatch, sentinel, age=3.0) as (made, _):
            assert json.loads(made.answer(allowed))["decision"] == "allow"
            sentinel.answer_next(503, times=10_000)
            assert json.loads(made.answer(allowed))["decision"] == "allow"
            wait_until(lambda: json.loads(made.answer(allowed))["decision"] == "deny", "the snapshot is too old")
            answer = json.loads(made.answer(allowed))
            assert answer["rule"] == "builtin-snapshot-stale"
            assert "503" in answer["why"]


def test_a_probe_is_denied_and_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        with decisions(tmp_path, monkeypatch, sentinel) as (made, _):
            harmless = b"probe PreToolUse\n" + json.dumps(ALLOWED["codex"]).encode()
            assert json.loads(made.answer(harmless))["rule"] == PROBED
            assert json.loads(made.answer(PROBE))["rule"] == "no-force"
            made.save()
            assert json.loads((tmp_path / "state.json").read_text()) == {"sessions": [], "calls": []}


@pytest.mark.parametrize("question", [b"", CALL, CALL + b"{", CALL + b"\xff", CALL + b"[]", CALL + b"[" * 100_000])
def test_what_cannot_be_judged_is_denied_with_enforce_alone(
    question: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        for enforces, decision in ((True, "deny"), (False, "allow")):
            with decisions(tmp_path, monkeypatch, sentinel, enforces=enforces) as (made, said):
                answer = json.loads(made.answer(question))
                assert answer["decision"] == decision
                assert answer["rule"] == ("builtin-enforcement-error" if enforces else None)
                assert len(said) == 1


def test_a_state_that_cannot_be_read_is_said_and_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel = FakeSentinel()
    (tmp_path / "state.json").write_text('{"sessions": [["s", ["flying"]]], "calls": []}')
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        with decisions(tmp_path, monkeypatch, sentinel) as (made, said):
            assert json.loads(made.answer(PAYLOAD))["decision"] == "deny"
            assert said == ["the facts of earlier sessions cannot be read: ValueError"]


def test_an_agent_that_was_deleted_is_registered_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        with decisions(tmp_path, monkeypatch, sentinel) as (made, _):
            made.answer(PAYLOAD)
            sentinel.answer_next(404)
            before = len(sentinel.requests)
            wait_until(
                lambda: any(not request.url.path.endswith("/enforcement") for request in sentinel.requests[before:]),
                "the server is asked who the agent is",
            )
            assert json.loads(made.answer(PAYLOAD))["rule"] == "no-force"
