"""The demo run from its first line to its last: what it prints, what it reports, and what it survives."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
from demo.scripted_model import PROMPTS, ScriptedMessages, TextBlock

from agentsentinel_sdk.testing import FakeSentinel, problem
from demo import agent, tools

CORE_POSTURE = 55.0
"""What the six core rules give the demo agent: EXFILTRATION_PATH (40) and MISSING_RATE_LIMIT (5) are true of it."""

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def sentinel() -> FakeSentinel:
    return FakeSentinel(posture_score=CORE_POSTURE)


def run(sentinel: FakeSentinel, *arguments: str) -> int:
    return agent.main(["--api-key", sentinel.api_key, *arguments], sentinel.transport)


class Meanwhile:
    """A transport in front of the server that may do something else with a request instead."""

    def __init__(self, sentinel: FakeSentinel, instead: Callable[[httpx2.Request], httpx2.Response | None]) -> None:
        self.transport = httpx2.MockTransport(
            lambda request: instead(request) or sentinel.transport.handle_request(request)
        )


def is_event(request: httpx2.Request) -> bool:
    return request.url.path.endswith("/events")


# --- a good run ---------------------------------------------------------------------------------------------------


def test_the_first_lines_are_those_of_the_guide(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sentinel) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"\[sentinel\] Registered agent: {UUID}", lines[0])
    assert lines[1:9] == [
        "[sentinel] Added 5 tool grants",
        "",
        "═" * 60,
        "[1/6] User: Who are our top 5 enterprise accounts by MRR?",
        "═" * 60,
        "  → tool=search_crm    anomaly=0.900 ⚠️",
        "  → tool=read_database anomaly=0.900 ⚠️",
        "  → tool=search_crm    anomaly=0.700 ⚠️",
    ]


def test_a_first_run_ends_in_the_score_of_the_guide(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    run(sentinel)
    assert capsys.readouterr().out.splitlines()[-1] == "[sentinel] Trust score: 46.75 (ALERT)"


def test_the_trust_line_comes_after_every_third_prompt(
    sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]
) -> None:
    run(sentinel)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("[sentinel] Trust", "["))]
    kinds = [line.split()[0] if "/6]" in line else "trust" for line in lines if "Trust" in line or "/6]" in line]
    assert kinds == ["[1/6]", "[2/6]", "[3/6]", "trust", "[4/6]", "[5/6]", "[6/6]", "trust"]


def test_one_run_makes_thirty_calls_six_of_each_tool_in_one_session(sentinel: FakeSentinel) -> None:
    run(sentinel)
    assert Counter(event["tool_name"] for event in sentinel.events) == {tool.name: 6 for tool in tools.TOOLS}
    assert Counter(event["anomaly_score"] for event in sentinel.events) == {0.9: 5, 0.7: 25}
    (session,) = {event["session_id"] for event in sentinel.events}
    assert re.fullmatch(r"demo-[0-9a-f]{8}", session)
    assert {event["status"] for event in sentinel.events} == {"ok"}
    assert len({event["tool_call_id"] for event in sentinel.events}) == 30


def test_each_prompt_ends_in_a_printed_answer(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    run(sentinel)
    blocks = re.split(r"\[\d/6\] User: ", capsys.readouterr().out)[1:]
    for prompt, block in zip(PROMPTS, blocks, strict=True):
        lines = block.splitlines()
        assert lines[0] == prompt
        answers = [line for line in lines[2:] if line.startswith("  ") and "→" not in line]
        assert len(answers) == 1


def test_the_agent_is_registered_as_what_it_is(sentinel: FakeSentinel) -> None:
    run(sentinel)
    (registered,) = sentinel.agents
    assert re.fullmatch(r"demo-sales-agent-[0-9a-f]{6}", registered["name"])
    assert (registered["owner_team"], registered["agent_type"]) == ("sales-eng", "llm_agent")
    assert registered["model"] == "scripted"
    assert {grant["tool_name"] for grant in sentinel.grants} == {tool.name for tool in tools.TOOLS}


def test_the_description_admits_that_the_agent_sends_and_writes(sentinel: FakeSentinel) -> None:
    run(sentinel)
    description = sentinel.agents[0]["description"]
    assert "sends e-mail" in description
    assert "writes" in description
    assert len(description) <= 1000


def test_a_second_run_continues_the_same_agent(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    run(sentinel)
    capsys.readouterr()
    run(sentinel)
    lines = capsys.readouterr().out.splitlines()
    known = sentinel.agents[0]["id"]
    assert lines[0] == f"[sentinel] Registered agent: {known} (known already: its history continues)"
    assert lines[1] == "[sentinel] Added 5 tool grants"
    assert (len(sentinel.agents), len(sentinel.grants), len(sentinel.events)) == (1, 5, 60)
    assert len({event["session_id"] for event in sentinel.events}) == 2


def test_a_new_agent_is_made_when_asked_for(sentinel: FakeSentinel) -> None:
    run(sentinel)
    run(sentinel, "--new-agent")
    assert len({registered["name"] for registered in sentinel.agents}) == 2


def test_a_machine_where_the_user_has_no_name_still_has_a_stable_one(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    run(sentinel)
    run(sentinel)
    assert len(sentinel.agents) == 1


def test_routine_calls_carry_no_warning_sign(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    def routine(request: httpx2.Request) -> httpx2.Response | None:
        if not is_event(request):
            return None
        scored = {"event_id": "x", "anomaly_score": 0, "reasons": [], "timestamp": "2026-11-01T00:00:00Z"}
        return httpx2.Response(201, json=scored)

    agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, routine).transport)
    assert "  → tool=send_email    anomaly=0.000\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("score", "shown"),
    [(46.75, "46.75"), (59.5, "59.5"), (80, "80.0"), (100.0, "100.0"), (46.7549, "46.75"), (None, "not scored yet")],
)
def test_the_trust_score_is_shown_with_no_more_digits_than_it_has(
    sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str], score: float | None, shown: str
) -> None:
    def scored(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/score"):
            return None
        parts = {"posture_score": None, "behavior_score": None, "recency_bonus": 0, "findings_count": 0}
        return httpx2.Response(200, json={"trust_score": score, "status": "WATCH", **parts})

    agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, scored).transport)
    assert capsys.readouterr().out.endswith(f"[sentinel] Trust score: {shown} (WATCH)\n")


def test_the_pace_is_a_pause_after_each_call(sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("demo.agent.time.sleep", pauses.append)
    run(sentinel, "--pace", "1.5")
    assert pauses == [1.5] * 30


def test_the_key_and_the_address_may_come_from_the_environment(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", sentinel.api_key)
    monkeypatch.setenv("SENTINEL_URL", "http://elsewhere.test:1234")
    assert agent.main([], sentinel.transport) == 0
    assert {request.url.host for request in sentinel.requests} == {"elsewhere.test"}


# --- runs that cannot start ---------------------------------------------------------------------------------------


def failure(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what went to stderr; check that nothing that looks like a result went to stdout."""
    captured = capsys.readouterr()
    assert "Trust" not in captured.out
    assert "Traceback" not in captured.err
    return captured.err


def test_a_missing_key_is_said_and_ends_in_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.main([]) == 1
    assert "AGENTSENTINEL_API_KEY is not set" in failure(capsys)


def test_an_unreachable_server_is_one_line_that_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.main(["--api-key", "as_adm_x", "--sentinel-url", "http://127.0.0.1:1"]) == 1
    lines = failure(capsys).splitlines()
    assert lines[-1] == (
        "error: no AgentSentinel server at http://127.0.0.1:1. Start it with `make up`, then run the demo again."
    )


def test_a_key_the_server_does_not_know_is_said(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.main(["--api-key", "as_adm_other"], sentinel.transport) == 1
    assert "does not accept this key" in failure(capsys)


def test_a_key_that_may_not_register_is_said(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        refused = problem(403, "scope agent does not allow this")
        return httpx2.Response(403, json=refused) if request.url.path.endswith("/agents") else None

    assert agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, refuse).transport) == 1
    assert "an admin key (as_adm_...) may: scope agent does not allow this" in failure(capsys)


def test_another_service_at_the_address_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    shop = httpx2.MockTransport(lambda _: httpx2.Response(200, html="<h1>Shop</h1>"))
    assert agent.main(["--api-key", "as_adm_x"], shop) == 1
    assert "is this the address of an AgentSentinel server?" in failure(capsys)


def test_an_address_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.main(["--api-key", "as_adm_x", "--sentinel-url", "localhost:9000"]) == 1
    assert "must start with http:// or https://" in failure(capsys)


@pytest.mark.parametrize("pace", ["-1", "nan", "1e9", "slow"])
def test_a_pace_that_makes_no_sense_is_refused(pace: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        agent.main(["--pace", pace])
    assert ended.value.code == 2
    assert "a pause is 0 to 60 seconds" in failure(capsys)


# --- a server that fails meanwhile --------------------------------------------------------------------------------


def hang(_: httpx2.Request) -> httpx2.Response:
    time.sleep(0.05)
    raise httpx2.ReadTimeout("timed out")


@pytest.mark.parametrize(
    "fault",
    [
        lambda _: httpx2.Response(500, json=problem(500, "broken")),
        lambda _: httpx2.Response(401, json=problem(401, "revoked")),
        lambda _: httpx2.Response(429, json=problem(429, "slow down"), headers={"Retry-After": "3600"}),
        lambda _: httpx2.Response(200, html="<p>proxy</p>"),
        hang,
    ],
)
def test_a_server_that_fails_never_stops_the_agent(
    sentinel: FakeSentinel,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    fault: Callable[[httpx2.Request], httpx2.Response],
) -> None:
    def instead(request: httpx2.Request) -> httpx2.Response | None:
        return fault(request) if is_event(request) else None

    assert agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, instead).transport) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("  → tool=send_email    anomaly=not reported") == 6
    assert "[sentinel] 30 tool calls could not be reported" in lines
    assert len([record for record in caplog.records if record.name == "agentsentinel"]) == 1


def test_a_score_that_cannot_be_read_is_said_and_the_run_goes_on(
    sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]
) -> None:
    def instead(request: httpx2.Request) -> httpx2.Response | None:
        broken = httpx2.Response(500, json=problem(500, "broken"))
        return broken if request.url.path.endswith("/score") else None

    assert agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, instead).transport) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "[sentinel] Trust score: not available, broken [500]"


def test_ctrl_c_prints_the_score_and_ends_in_130(sentinel: FakeSentinel, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(request: httpx2.Request) -> httpx2.Response | None:
        if is_event(request) and len(sentinel.events) == 7:
            raise KeyboardInterrupt
        return None

    assert agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, interrupt).transport) == 130
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("[sentinel] Trust score: ")
    assert "Traceback" not in captured.err


def test_an_impatient_second_ctrl_c_ends_in_130_too(sentinel: FakeSentinel) -> None:
    def interrupt(request: httpx2.Request) -> httpx2.Response | None:
        if is_event(request) or request.url.path.endswith("/score"):
            raise KeyboardInterrupt
        return None

    assert agent.main(["--api-key", sentinel.api_key], Meanwhile(sentinel, interrupt).transport) == 130


# --- the real library of the model, without its network -----------------------------------------------------------


class FakeClaude:
    """Answers Anthropic's Messages API on the wire, by the script."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.fault: httpx2.Response | None = None
        transport = httpx2.MockTransport(self._answer)
        made = anthropic.Anthropic(
            api_key="x", max_retries=0, http_client=anthropic.DefaultHttpxClient(transport=transport)
        )
        monkeypatch.setenv("ANTHROPIC_API_KEY", "x")
        monkeypatch.setattr(anthropic, "Anthropic", lambda: made)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.fault:
            return self.fault
        body = json.loads(request.content)
        self.bodies.append(body)
        reply = ScriptedMessages().create(**body)
        message = {
            "id": f"msg_{len(self.bodies)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "stop_reason": reply.stop_reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [
                {"type": "text", "text": block.text}
                if isinstance(block, TextBlock)
                else {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
                for block in reply.content
            ],
        }
        return httpx2.Response(200, json=message)


def test_the_real_anthropic_client_drives_the_same_loop(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claude = FakeClaude(monkeypatch)
    assert run(sentinel) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "[sentinel] Trust score: 46.75 (ALERT)"
    assert "Offline" not in captured.err
    assert len(sentinel.events) == 30
    assert {body["model"] for body in claude.bodies} == {"claude-opus-4-7"}
    assert sentinel.agents[0]["model"] == "claude-opus-4-7"


def test_each_tool_result_answers_the_call_that_asked_for_it(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch
) -> None:
    claude = FakeClaude(monkeypatch)
    run(sentinel)
    for body in claude.bodies:
        for asked, given in zip(body["messages"][1::2], body["messages"][2::2], strict=True):
            calls = [block["id"] for block in asked["content"] if block["type"] == "tool_use"]
            assert [result["tool_use_id"] for result in given["content"]] == calls


def test_offline_wins_over_a_key_for_claude(sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch) -> None:
    claude = FakeClaude(monkeypatch)
    assert run(sentinel, "--offline") == 0
    assert claude.bodies == []


def test_a_model_that_refuses_is_said_and_ends_in_1(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}
    FakeClaude(monkeypatch).fault = httpx2.Response(401, json=error)
    assert run(sentinel) == 1
    message = failure(capsys)
    assert "Claude did not answer" in message
    assert "--offline" in message


def test_a_missing_anthropic_package_names_what_to_install(
    sentinel: FakeSentinel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "x")
    monkeypatch.setitem(__import__("sys").modules, "anthropic", None)
    assert run(sentinel) == 1
    assert "pip install -r demo/requirements.txt" in failure(capsys)
