"""`sentinel mcp scan`: weak servers are told from sound ones, and what could not be read is never a score."""

import json
import os
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from cli.mcp_scan.support import report, rules_of, scan, served, stdio
from ports import free_port
from shim.support import greeter, http_greeter, npm_server, wait_for_port

WEAK = {
    "code": "CODE_EXECUTION_GRANT",
    "exfiltration": "EXFILTRATION_PATH",
    "unbounded": "UNBOUNDED_INPUT",
    "poisoned": "TOOL_POISONING",
    "invisible": "TOOL_POISONING",
    "vague": "VAGUE_TOOL_DESCRIPTION",
    "misleading": "MISLEADING_ANNOTATION",
    "unsafe": "UNSAFE_TOOL_DEFINITION",
    "secrets": "SECRETS_ACCESS_GRANT",
}


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_server_breaks_the_rule_of_its_weakness_and_no_other(name: str) -> None:
    (entry,) = report(*stdio(name))
    assert rules_of(entry) == {WEAK[name]}


def test_a_sound_server_breaks_none_over_either_transport() -> None:
    with served("sound") as url:
        entries = report(url, *stdio("sound"))
    assert [rules_of(entry) for entry in entries] == [set(), set()]
    assert [[tool["name"] for tool in entry["tools"]] for entry in entries] == [["get_weather"]] * 2
    assert [entry["posture_score"] for entry in entries] == [100.0, 100.0]


def address_of_this_machine() -> str:
    """Return an address that is not loopback; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


def test_a_server_beyond_loopback_that_asks_for_no_credentials_is_a_finding() -> None:
    with served("sound", address_of_this_machine()) as url:
        (entry,) = report(url)
        assert rules_of(entry) == {"MCP_NO_AUTH", "INSECURE_MCP_CONNECTION"}
        (entry,) = report(url, "--header", "Authorization: Bearer right")
        assert "MCP_NO_AUTH" not in rules_of(entry)


def test_a_server_that_changed_since_it_was_approved_is_a_finding(tmp_path: Path) -> None:
    baseline = str(tmp_path / "approved.json")
    with served("sound") as url:
        port = url.rpartition(":")[2].partition("/")[0]
        assert scan(url, "--save-baseline", baseline).returncode == 0
        assert scan(url, "--baseline", baseline, "--fail-on", "LOW").returncode == 0
    content = Path(baseline).read_text().replace("weather of a city", "weather")
    Path(baseline).write_text(content)
    with served("changed") as url:
        Path(baseline).write_text(content.replace(port, url.rpartition(":")[2].partition("/")[0]))
        done = scan(url, "--baseline", baseline, "--fail-on", "HIGH", "--format", "json")
    (finding,) = json.loads(done.stdout)[0]["findings"]
    assert done.returncode == 1
    assert (finding["rule_id"], finding["severity"]) == ("TOOL_DEFINITION_CHANGED", "HIGH")
    assert finding["evidence"] == [
        "change:tool delete_account: a new tool that writes",
        "change:tool get_weather: reworded: description",
    ]


def test_a_server_that_is_not_in_the_baseline_is_said(tmp_path: Path) -> None:
    baseline = str(tmp_path / "approved.json")
    Path(baseline).write_text('{"version": 1, "mcp_servers": {}}')
    assert "is not in" in scan(*stdio("vague"), "--baseline", baseline).stderr
    scan(*stdio("sound"), "--save-baseline", baseline)
    assert "is not in" in scan(*stdio("vague"), "--baseline", baseline).stderr


NOT_SCANNED = [
    ("liar", "it announces prompts, and refuses to list them: "),
    ("resource-liar", "it announces resources, and refuses to list them: "),
    ("endless", "has no last page"),
    ("countless", "it lists more than 10,000 definitions"),
    ("malformed", "does not follow the protocol: "),
]


@pytest.mark.parametrize(("name", "why"), NOT_SCANNED)
def test_half_a_manifest_is_not_scanned_and_has_no_score(name: str, why: str) -> None:
    done = scan(*stdio(name), "--format", "json", "--fail-on", "LOW")
    (entry,) = json.loads(done.stdout)
    assert done.returncode == 3
    assert entry["posture_score"] is None
    assert why in entry["error"]


def test_a_server_that_lists_resources_and_knows_no_templates_of_them_is_scanned() -> None:
    with served("plain-resources") as url:
        entries = report(url, *stdio("plain-resources"))
    assert [entry["posture_score"] for entry in entries] == [100.0, 100.0]
    assert [[tool["name"] for tool in entry["tools"]] for entry in entries] == [["get_weather"]] * 2


@pytest.mark.parametrize(
    ("status", "why"), [(401, "it wants credentials"), (403, "it refuses this caller"), (500, "500"), (404, "404")]
)
def test_a_refusal_is_said_as_what_it_is(status: int, why: str) -> None:
    with served(str(status)) as url:
        (entry,) = report(url)
    assert why in entry["error"]
    assert ("credentials" in entry["error"]) == (status in (401, 403))


def test_credentials_are_sent_and_never_shown() -> None:
    with served("guarded") as url:
        done = scan(url, "--header", "Authorization: Bearer right", "--verbose")
        assert done.returncode == 0
        assert "get_weather" in done.stdout
        wrong = scan(url, "--header", "Authorization: Bearer wr0ng-s3cret")
    assert wrong.returncode == 3
    assert "it wants credentials" in wrong.stderr
    assert "wr0ng-s3cret" not in wrong.stdout + wrong.stderr


def test_an_answer_without_end_is_cut() -> None:
    with served("huge") as url:
        (entry,) = report(url)
    assert "longer than 64 MiB" in entry["error"]


def test_all_pages_are_read() -> None:
    (entry,) = report(*stdio("paged"))
    assert [tool["name"] for tool in entry["tools"]] == ["get_thing_0", "get_thing_1", "get_thing_2"]


def test_one_server_that_cannot_be_read_hides_no_other() -> None:
    done = scan("http://127.0.0.1:9/mcp", *stdio("vague"), "--stdio", "no-such-program", "--format", "json")
    entries = json.loads(done.stdout)
    assert [rules_of(entry) for entry in entries if "error" not in entry] == [{"VAGUE_TOOL_DESCRIPTION"}]
    errors = [entry["error"] for entry in entries if "error" in entry]
    assert "cannot be reached" in errors[0]
    assert "Is it installed, and on the PATH?" in errors[1]
    assert done.returncode == 0


@pytest.mark.parametrize("line", ["1", "2"])
def test_servers_of_both_lines_of_the_sdk_are_read(line: str) -> None:
    (entry,) = report("--stdio", shlex.join(greeter(line, "stdio")))
    assert sorted(tool["name"] for tool in entry["tools"]) == ["end", "fail", "greet", "repeat", "wait"]


@pytest.mark.parametrize(("transport", "path"), [("streamableHttp", "/mcp"), ("sse", "/sse"), ("sse", "")])
def test_an_official_server_is_read_over_http_and_over_the_older_sse(transport: str, path: str) -> None:
    port = free_port()
    command = [*npm_server("everything")[:2], transport]
    process = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        (entry,) = report(f"http://127.0.0.1:{port}{path}")
    finally:
        process.kill()
        process.wait()
    assert len(entry["tools"]) == OFFICIAL["everything"]


def test_a_server_of_the_era_without_sessions_is_read_over_http() -> None:
    with http_greeter() as url:
        (entry,) = report(url)
    assert len(entry["tools"]) == 5


OFFICIAL = {"everything": 13, "filesystem": 14, "github": 26, "memory": 9, "sequential-thinking": 1}
ARGUED = {"everything": {"EXFILTRATION_PATH", "SECRETS_ACCESS_GRANT"}, "github": {"EXFILTRATION_PATH"}}
"""Findings of HIGH and above, which docs/mcp-scan.md argues."""


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_server_has_its_tools_and_no_grave_finding_that_is_not_argued(name: str) -> None:
    (entry,) = report("--stdio", shlex.join(npm_server(name)))
    assert len(entry["tools"]) == OFFICIAL[name]
    grave = {finding["rule_id"] for finding in entry["findings"] if finding["severity"] in ("CRITICAL", "HIGH")}
    assert grave == ARGUED.get(name, set())


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
def test_no_format_shows_a_secret_or_sends_an_escape_to_the_terminal(form: str) -> None:
    command = shlex.join(["env", "API_TOKEN=sk-live-4f9a8b7c6d5e4f3a2b1c", *shlex.split(stdio("vague")[1])])
    done = scan("--stdio", command, "--format", form)
    assert "VAGUE_TOOL_DESCRIPTION" in done.stdout
    assert "4f9a8b7c6d5e4f3a2b1c" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("name", ["tattler", "crashing"])
def test_a_secret_in_the_words_of_a_server_that_is_not_scanned_is_not_shown(name: str) -> None:
    done = scan(*stdio(name))
    assert done.returncode == 3
    assert ("no session for" if name == "tattler" else "cannot log in") in done.stderr
    assert "4f9a8b7C6d5e4f3a2b1c" not in done.stdout + done.stderr


def test_a_server_that_is_given_twice_is_scanned_once() -> None:
    with served("sound") as url:
        assert len(report(url, url)) == 1


WRONG = [
    ([], "give the address of an MCP server"),
    (["ftp://example.com"], "give the address of an MCP server"),
    (["localhost:8000"], "give the address of an MCP server"),
    (["--stdio", ""], "--stdio: give the command"),
    (["--stdio", "a 'b"], "no closing quotation"),
    (["http://localhost/?tenant=a", "http://localhost/?tenant=b"], "two queries or secrets"),
    (["--stdio", "run --token a1", "--stdio", "run --token b2"], "two queries or secrets"),
    (["http://u:a1@localhost/", "http://u:b2@localhost/"], "two queries or secrets"),
    (["http://localhost/", "--header", "secret"], "--header: write it as"),
    (["http://localhost/", "--timeout", "0"], "--timeout"),
    (["http://localhost/", "--baseline", "no-such-file"], "no such file"),
]


@pytest.mark.parametrize(("options", "why"), WRONG)
def test_wrong_usage_is_one_line_that_says_what_to_do(options: list[str], why: str) -> None:
    done = scan(*options)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_another_file_is_not_a_baseline_and_is_not_overwritten(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"findings": []}')
    assert "is not a baseline of MCP servers" in scan(*stdio("sound"), "--baseline", str(other)).stderr
    assert "is not a baseline of MCP servers" in scan(*stdio("sound"), "--save-baseline", str(other)).stderr
    assert other.read_text() == '{"findings": []}'


def test_a_finding_can_be_suppressed_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / ".sentinelignore").write_text("VAGUE_TOOL_DESCRIPTION stdio:** known, a demo\n")
    done = scan(*stdio("vague"), "--fail-on", "LOW", cwd=tmp_path)
    assert done.returncode == 0
    assert "suppressed (known, a demo" in done.stdout
