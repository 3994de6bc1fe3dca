"""The entry point of the `sentinel` command."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli import __version__
from agentsentinel_cli.app import VERBS, main
from cli.scan.support import COMMAND, sentinel


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_command_says_its_version(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 0
    assert capsys.readouterr().out == f"sentinel {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]])
def test_without_a_verb_the_command_shows_its_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert all(verb in shown for verb in VERBS)


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scn\x1b[31m"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("flag", ["--version", "-V", "--help", "-h"])
def test_every_verb_says_its_version_and_its_help(verb: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([verb, flag])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert shown == f"sentinel {__version__}\n" if "-v" in flag.lower() else f"sentinel {verb}" in shown


@pytest.mark.parametrize(
    "verb", [["--help"], ["scan", "--help"], ["rules", "--help"], ["explain", "--help"], ["mcp", "list", "--help"]]
)
def test_help_is_0(tmp_path: Path, verb: list[str]) -> None:
    run = sentinel(tmp_path, *verb)
    assert run.code == 0
    assert run.out.lower().startswith("usage: sentinel")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words",
    [
        ["rules"],
        ["rules", "--format", "json"],
        ["explain", "EXFILTRATION_PATH"],
        ["--help"],
        ["--version"],
        ["scan", "-h"],
        ["mcp", "list"],
        ["mcp", "list", "--format", "json"],
    ],
)
def test_a_reader_that_closes_the_pipe_ends_the_output_and_no_more(words: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run([COMMAND, *words], stdout=pipe, stderr=subprocess.PIPE, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["rules"], ["explain", "MCP_NO_AUTH"], ["mcp", "list"], ["scan", "-h"]]
)
def test_a_full_disk_is_said_in_one_line(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        env = {**os.environ, "PYTHONUNBUFFERED": ""}
        done = subprocess.run([COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=env, check=False)
    assert done.returncode == 2
    assert done.stderr == "sentinel: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["--help", "rules", "hook --client cursor"])
def test_a_closed_stream_changes_no_exit_code(words: str, closed: str, tmp_path: Path) -> None:
    done = subprocess.run(
        f"'{COMMAND}' {words} {closed}",
        shell=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_hook_whose_output_is_closed_reports_its_call(tmp_path: Path) -> None:
    payload = {"hook_event_name": "PreToolUse", "session_id": "a", "tool_name": "Bash", "tool_use_id": "b"}
    done = subprocess.run(
        f"'{COMMAND}' hook --client claude-code >&- 2>&-",
        shell=True,
        input=json.dumps({**payload, "tool_input": {}}),
        text=True,
        env={**os.environ, "AGENTSENTINEL_HOOK_PROBE": str(tmp_path / "probe")},
        check=False,
    )
    assert done.returncode == 0
    assert json.loads((tmp_path / "probe").read_text())["tool"] == "Bash"
