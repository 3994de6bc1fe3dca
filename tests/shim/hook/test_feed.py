"""One payload in, one line out; and whatever goes wrong, nothing is said and the client goes on."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_sdk.hashing import HASH_KEY_VARIABLE, hash_payload
from agentsentinel_shim.hook import ask, feed, spool
from shim.hook.enforcing import end_processes
from shim.hook.samples import PAYLOADS

CASES = [(client, event) for client, events in PAYLOADS.items() for event in events]
HEAVY = {"argparse", "asyncio", "dataclasses", "hashlib", "httpx2", "inspect", "json", "pathlib", "re", "subprocess"}
HEAVY |= {"typing", "uuid", "tempfile", "shutil", "logging", "threading", "agentsentinel_sdk", "collections", "enum"}


class Hook:
    """The feed with a folder of its own and no shipper."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.started = 0
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setattr(spool, "default_folder", lambda: str(folder))
        monkeypatch.setattr(feed, "start_shipper", self._start)

    def _start(self, _: str) -> None:
        self.started += 1

    def run(self, payload: Any, *words: str) -> None:
        """Give a payload, as data or as bytes."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert feed.run(list(words)) == 0
        assert self._capsys.readouterr() == ("", "")

    @property
    def lines(self) -> list[dict[str, Any]]:
        path = self.folder / spool.NAME
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def log(self) -> list[str]:
        path = self.folder / spool.LOG
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hook:
    monkeypatch.delenv(HASH_KEY_VARIABLE, raising=False)
    return Hook(tmp_path / "hook", monkeypatch, capsys)


@pytest.mark.parametrize(("client", "event"), CASES)
def test_a_payload_of_each_client_leaves_one_line_without_its_content(hook: Hook, client: str, event: str) -> None:
    hook.run(PAYLOADS[client][event], "--client", client, "--event", event)
    (line,) = hook.lines
    assert line["client"] == client
    value = {"claude-code": PAYLOADS[client][event].get("tool_input")}.get(client)
    assert value is None or line["input"] == hash_payload(value)
    text = json.dumps(line)
    assert not any(word in text for word in ("Crash", "--force", "Run the tests", "#7", "up-to-date", "ada"))
    assert hook.log == []


def test_a_line_has_the_digests_of_the_sdk_and_the_options_of_the_command(hook: Hook) -> None:
    payload = PAYLOADS["claude-code"]["PostToolUse"]
    hook.run(payload, "--client", "claude-code", "--sentinel-url", "http://s.example", "--api-key-file", "/k")
    (line,) = hook.lines
    assert line.pop("at") > 0
    assert line == {
        "phase": "after",
        "client": "claude-code",
        "tool": "create_issue",
        "server": "github",
        "session": "abc123",
        "call_id": "toolu_01ABC",
        "input": hash_payload(payload["tool_input"]),
        "output": hash_payload(payload["tool_response"]),
        "status": "ok",
        "url": "http://s.example",
        "key_file": "/k",
    }


def test_the_key_of_digests_is_the_sdks(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    assert feed.HASH_KEY_VARIABLE == HASH_KEY_VARIABLE
    monkeypatch.setenv(HASH_KEY_VARIABLE, "tenant")
    hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex")
    assert hook.lines[0]["input"] == hash_payload({"command": "git push --force"}, b"tenant")


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", ("--client", "codex")),
        (b"{", ("--client", "codex")),
        (b"\xff\xfe", ("--client", "codex")),
        (b"[" * 100_000, ("--client", "codex")),
        (PAYLOADS["codex"]["PreToolUse"], ()),
        (PAYLOADS["codex"]["PreToolUse"], ("--client",)),
        (PAYLOADS["codex"]["PreToolUse"], ("--cliant", "codex")),
        (PAYLOADS["codex"]["PreToolUse"], ("--event", "PreToolUse")),
    ],
)
def test_a_fault_is_one_line_in_our_own_log(hook: Hook, payload: Any, words: tuple[str, ...]) -> None:
    hook.run(payload, *words)
    assert len(hook.log) == 1
    assert hook.lines == []


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_client(hook: Hook) -> None:
    hook.folder.write_text("a file")
    hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex")
    assert hook.folder.read_text() == "a file"


@pytest.mark.parametrize("payload", [{"hook_event_name": "Stop"}, {"hook_event_name": "PreToolUse"}, [], None])
def test_what_is_not_a_call_leaves_nothing(hook: Hook, payload: Any) -> None:
    hook.run(payload, "--client", "codex")
    assert (hook.lines, hook.log) == ([], [])


class Decides:
    """Answers in the place of the process that decides, and counts the questions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
        self.questions: list[str] = []
        self._answer = answer
        monkeypatch.setattr(ask.Decider, "ask", self.ask)
        monkeypatch.setattr(ask.Decider, "ask_if_there", self.ask)

    def ask(self, question: str, event: str, data: bytes) -> Any:
        self.questions.append(question)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def enforced(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], payload: Any, *words: str
) -> tuple[int, str, str]:
    """Give a payload to a hook that enforces; return its exit code and what it wrote."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code = feed.run([*words, "--enforce"])
    written = capsys.readouterr()
    return code, written.out, written.err


@pytest.mark.parametrize("client", PAYLOADS)
@pytest.mark.parametrize(
    "answer",
    [TimeoutError("no decision came in time"), ConnectionError("x"), KeyError("x"), None, {}, [], {"decision": "?"}],
)
def test_what_cannot_be_decided_is_refused_and_kept(
    client: str, answer: Any, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Decides(monkeypatch, answer)
    event = next(iter(PAYLOADS[client]))
    words = ("--client", client, "--event", event)
    code, out, err = enforced(hook, monkeypatch, capsys, PAYLOADS[client][event], *words)
    assert (code, err) == (0, "")
    assert "rule builtin-enforcement-error: nothing could decide about this call" in out
    (line,) = hook.lines
    assert (line["phase"], line["decision"], line["rule"]) == ("before", "deny", "builtin-enforcement-error")
    assert len(hook.log) == 1


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff\xfe", b"[" * 100_000, {"hook_event_name": "PreToolUse"}, {}, [], None]
)
def test_a_payload_that_cannot_be_read_is_refused_and_kept(
    payload: Any, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = enforced(hook, monkeypatch, capsys, payload, "--client", "codex")
    assert (code, err) == (0, "")
    assert "rule builtin-enforcement-error" in out
    (line,) = hook.lines
    assert (line["tool"], line["decision"], line["rule"]) == ("unnamed", "deny", "builtin-enforcement-error")


@pytest.mark.parametrize("payload", [{"hook_event_name": "Stop"}, {"hook_event_name": "PostToolUse"}])
def test_an_event_at_which_nothing_can_be_refused_is_answered_with_nothing(
    payload: Any, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enforced(hook, monkeypatch, capsys, payload, "--client", "codex") == (0, "", "")
    assert (hook.lines, hook.log) == ([], [])


@pytest.mark.parametrize("words", [(), ("--client",), ("--cliant", "codex"), ("--client", "a-new-one")])
def test_a_command_that_is_wrong_refuses(
    words: tuple[str, ...], hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Decides(monkeypatch, {"decision": "deny", "rule": "r", "why": "w"})
    code, out, err = enforced(hook, monkeypatch, capsys, PAYLOADS["codex"]["PreToolUse"], *words)
    assert (code, out) == (2, "")
    assert "Refused by AgentSentinel, rule " in err


def test_a_client_that_never_ends_its_payload_is_answered_in_time(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(feed, "DEADLINE_SECONDS", 0.05)
    read, write = os.pipe()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.FileIO(read)))
    assert feed.run(["--client", "codex", "--enforce"]) == 0
    os.close(write)
    assert "TimeoutError: no decision came in time" in capsys.readouterr().out


def test_a_denial_that_cannot_be_printed_is_the_exit_code(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Decides(monkeypatch, {"decision": "deny", "rule": "r", "why": "w"})
    read, write = os.pipe()
    os.close(read)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(write, "w")))
    data = json.dumps(PAYLOADS["codex"]["PreToolUse"]).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert feed.run(["--client", "codex", "--enforce"]) == 2
    assert "rule r: w" in capsys.readouterr().err
    monkeypatch.undo()


def test_a_call_whose_record_cannot_be_kept_is_decided_all_the_same(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.folder.write_text("a file")
    for decision in ("allow", "deny"):
        Decides(monkeypatch, {"decision": decision, "rule": "r", "why": "w"})
        code, out, _ = enforced(hook, monkeypatch, capsys, PAYLOADS["codex"]["PreToolUse"], "--client", "codex")
        assert (code, "deny" in out) == (0, decision == "deny")


@pytest.mark.parametrize("words", [("--enforce",), ("--policy", "/p.yaml"), ("--policy", "/p.yaml", "--enforce")])
def test_only_the_side_before_a_call_is_judged(
    words: tuple[str, ...], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    decides = Decides(monkeypatch, {"decision": "allow", "would_block": True, "rule": "r"})
    hook.run(PAYLOADS["codex"]["PostToolUse"], "--client", "codex", *words)
    assert decides.questions == []
    hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex", *words)
    assert decides.questions == ["call"]
    assert [line.get("would_block") for line in hook.lines] == [None, 1]


def test_without_enforce_no_answer_and_no_fault_refuses(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [{"decision": "deny", "rule": "r"}, None, [], TimeoutError("x"), KeyError("x")]
    for answer in answers:
        Decides(monkeypatch, answer)
        hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex", "--policy", "/p.yaml")
    assert [line.get("decision") for line in hook.lines] == [None] * 5


def test_a_hook_that_has_no_policy_asks_nothing(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    decides = Decides(monkeypatch, {"decision": "allow"})
    hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex")
    assert decides.questions == []
    assert "decision" not in hook.lines[0]


def test_a_shipper_is_started_when_none_is_at_work_and_none_has_just_failed(hook: Hook) -> None:
    payload = PAYLOADS["codex"]["PreToolUse"]
    hook.run(payload, "--client", "codex")
    assert hook.started == 1
    with spool.Lock(str(hook.folder / spool.SHIPPER_LOCK)):
        hook.run(payload, "--client", "codex")
    assert hook.started == 1
    spool.pause(str(hook.folder))
    hook.run(payload, "--client", "codex")
    assert hook.started == 1
    assert len(hook.lines) == 3


def test_a_probe_goes_to_its_file_and_starts_nothing(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(feed.PROBE_VARIABLE, str(tmp_path / "probe"))
    hook.run(PAYLOADS["codex"]["PreToolUse"], "--client", "codex")
    assert json.loads((tmp_path / "probe").read_text())["tool"] == "Bash"
    assert (hook.lines, hook.started) == ([], 0)


@pytest.mark.parametrize(("key", "most"), [("", 34), ("tenant", 34), ("enforce", 39)])
def test_the_way_of_a_call_loads_no_heavy_module(tmp_path: Path, key: str, most: int) -> None:
    enforces = key == "enforce"
    script = (
        "import sys; before = set(sys.modules)\n"
        "from agentsentinel_cli.app import main\n"
        f"main(['hook', '--client', 'codex'] + ['--enforce'] * {enforces})\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    environment |= {HASH_KEY_VARIABLE: key, feed.PROBE_VARIABLE: str(tmp_path / "probe")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"],
        input=json.dumps(PAYLOADS["codex"]["PreToolUse" if enforces else "PostToolUse"]),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    end_processes(tmp_path)
    assert (tmp_path / "probe").exists()
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & HEAVY == set()
    assert len(loaded) < most
