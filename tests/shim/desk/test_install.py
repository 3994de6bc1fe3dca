"""On a desk: the client's own file works with the shim in between, and comes back byte for byte."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.command import run
from agentsentinel_shim.desk.client_model import paths_of
from agentsentinel_shim.desk.clients import BY_NAME, INSTALLABLE
from agentsentinel_shim.desk.edit import entries
from agentsentinel_shim.desk.files import BACKUP_SUFFIX
from agentsentinel_shim.desk.install import PARSERS
from patience import PATIENCE_SECONDS
from shim.desk.samples import SAMPLES, sample_of
from shim.support import API_KEY, PROGRAMS, SENTINEL, mcp_python, wait_for_events


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Desk:
    """A home folder with the configurations of clients."""

    home: Path

    def config(self, client: str) -> Path:
        return paths_of(BY_NAME[client], sys.platform, {}, self.home)[0]

    def write(self, client: str, content: bytes) -> Path:
        path = self.config(client)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, *arguments: str, **environment: str) -> Done:
        """Run `sentinel shim` with these words, in this process: a start takes longer than all that it does here."""
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.home), **environment}
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, variables, clear=True),
            patch.object(sys, "argv", [SENTINEL]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code = run(arguments)
            except SystemExit as stopped:  # argparse, after --help
                code = int(stopped.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def install(self, client: str, *options: str, **environment: str) -> str:
        done = self.run("install", "--client", client, *options, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def remove(self, client: str, *options: str) -> str:
        done = self.run("remove", "--client", client, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def words(self, client: str, server: str = "greeter") -> list[Any]:
        """Return the command of a server, and its arguments."""
        row = BY_NAME[client]
        text = self.config(client).read_bytes().decode("utf-8-sig")
        found = {entry.server: entry.words for entry in entries(PARSERS[row.format](text), row.places)}
        return found[server] or []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def put_key(home: Path) -> None:
    path = home / ".config" / "agentsentinel" / "api-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(API_KEY + "\n")


@dataclass
class Seen:
    """What the official client saw of each configuration after `install`."""

    listed: dict[str, list[str]]
    sentinel: FakeSentinel


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Install in a configuration of each client, and start what each says with the official SDK's client."""
    desk = Desk(tmp_path_factory.mktemp("home"))
    put_key(desk.home)
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        for client in SAMPLES:
            desk.write(client, sample_of(client, sys.executable, str(PROGRAMS / "tiny.py")))
            desk.install(client, SENTINEL_URL=url)
        started = {client: desk.words(client) for client in SAMPLES}
        done = subprocess.run(
            [mcp_python("2"), str(PROGRAMS / "stdio_client.py")],
            input=json.dumps(started),
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(desk.home)},
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        wait_for_events(sentinel, len(SAMPLES))
        yield Seen(json.loads(done.stdout), sentinel)


def test_every_client_of_the_table_has_a_sample() -> None:
    assert set(SAMPLES) == set(INSTALLABLE)


@pytest.mark.parametrize("client", SAMPLES)
def test_a_client_lists_the_servers_tools_through_the_shim_and_each_call_is_reported(client: str, seen: Seen) -> None:
    assert seen.listed[client] == ["greet"]
    names = {agent["id"]: agent["name"] for agent in seen.sentinel.agents}
    assert f"{client}-greeter" in {names[event["agent_id"]] for event in seen.sentinel.events}


@pytest.mark.parametrize("client", SAMPLES)
def test_only_the_command_changes_and_remove_gives_the_file_back_byte_for_byte(client: str, desk: Desk) -> None:
    before = sample_of(client, "/usr/bin/python3", "greeter.py")
    path = desk.write(client, before)
    desk.install(client)
    words = desk.words(client)
    assert words[0] == SENTINEL
    assert words[-3:] == ["/usr/bin/python3", "greeter.py", "stdio"]
    assert b"s3cret" not in before or before.count(b"s3cret") == path.read_bytes().count(b"s3cret")
    desk.remove(client)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]


def test_installing_twice_changes_nothing_the_second_time(desk: Desk) -> None:
    path = desk.write("cursor", sample_of("cursor", "python3", "greeter.py"))
    desk.install("cursor")
    once = path.read_bytes()
    assert "goes through the shim already" in desk.install("cursor", "--agent-name", "another")
    assert path.read_bytes() == once


def test_a_shim_that_is_not_installed_there_any_more_is_said(desk: Desk) -> None:
    path = desk.write("cursor", sample_of("cursor", "python3", "greeter.py"))
    desk.install("cursor")
    path.write_text(path.read_text().replace(SENTINEL, "/gone/bin/sentinel"))
    assert "/gone/bin/sentinel is gone: remove it, and install again" in desk.install("cursor")
    desk.remove("cursor")
    assert path.read_bytes() == sample_of("cursor", "python3", "greeter.py")


def test_a_server_over_http_is_left_as_it_is_and_the_relay_to_run_is_said_without_what_may_be_secret(
    desk: Desk,
) -> None:
    path = desk.write("cursor", sample_of("cursor", "python3", "greeter.py"))
    said = desk.install("cursor", "--server", "remote")
    assert "--upstream-url https://mcp.example.com/mcp --agent-name cursor-remote" in said
    assert "s3cret" not in said
    assert path.read_bytes() == sample_of("cursor", "python3", "greeter.py")


def test_servers_are_installed_and_removed_one_by_one(desk: Desk) -> None:
    before = b'{"mcpServers": {"one": {"command": "a"}, "two": {"command": "b", "args": []}}}'
    path = desk.write("cursor", before)
    desk.install("cursor", "--server", "one")
    only_one = path.read_bytes()
    desk.install("cursor", "--server", "two", "--agent-name", "both")
    assert "both" in desk.words("cursor", "two")
    desk.remove("cursor", "--server", "two")
    assert path.read_bytes() == only_one
    desk.remove("cursor")
    assert path.read_bytes() == before


def test_what_was_added_to_the_file_since_stays_when_the_shim_goes(desk: Desk) -> None:
    path = desk.write("cursor", b'{"mcpServers": {"one": {"command": "a"}, "two": {"command": "b", "args": ["c"]}}}')
    desk.install("cursor")
    path.write_bytes(path.read_bytes().replace(b'"two":', b'"new": {"command": "n"}, /* mine */ "two":'))
    desk.remove("cursor")
    assert path.read_bytes() == (
        b'{"mcpServers": {"one": {"command": "a"}, "new": {"command": "n"}, /* mine */ '
        b'"two": {"command": "b", "args": ["c"]}}}'
    )


def test_a_file_that_the_client_wrote_anew_since_loses_the_shims_words_only(desk: Desk) -> None:
    path = desk.write("claude-code", b'{"mcpServers":{"one":{"command":"a"},"two":{"command":"b","args":["c",1]}}}')
    desk.install("claude-code")
    path.write_text(json.dumps({"numStartups": 4, **json.loads(path.read_bytes())}, indent=2))
    desk.remove("claude-code")
    after = json.loads(path.read_bytes())
    assert after == {
        "numStartups": 4,
        "mcpServers": {"one": {"command": "a", "args": []}, "two": {"command": "b", "args": ["c", 1]}},
    }


def test_the_backup_is_the_file_as_it_would_be_without_the_shim(desk: Desk) -> None:
    path = desk.write("cursor", b'{"mcpServers": {"one": {"command": "a"}}}')
    desk.install("cursor")
    path.write_bytes(path.read_bytes().replace(b"}}}", b'}, "two": {"command": "b"}}}'))
    desk.install("cursor")
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    assert backup.read_bytes() == b'{"mcpServers": {"one": {"command": "a"}, "two": {"command": "b"}}}'


def test_a_dry_run_says_what_would_change_and_writes_nothing(desk: Desk) -> None:
    path = desk.write("cursor", sample_of("cursor", "python3", "greeter.py"))
    said = desk.install("cursor", "--dry-run")
    assert "greeter: goes through the shim as agent cursor-greeter" in said
    assert "nothing is written" in said
    assert path.read_bytes() == sample_of("cursor", "python3", "greeter.py")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_key_is_never_written_into_the_file_and_where_it_belongs_is_said_until_it_is_there(desk: Desk) -> None:
    path = desk.write("cursor", sample_of("cursor", "python3", "greeter.py"))
    said = desk.install("cursor", AGENTSENTINEL_API_KEY=API_KEY, SENTINEL_URL="http://sentinel:9000")
    assert API_KEY not in path.read_text()
    assert "http://sentinel:9000" in desk.words("cursor")
    assert f"Put an API key into {desk.home}/.config/agentsentinel/api-key" in said
    put_key(desk.home)
    assert "Put an API key" not in desk.install("cursor")


def test_the_file_that_a_link_names_is_changed_and_keeps_its_mode(desk: Desk) -> None:
    real = desk.home / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    real.write_bytes(sample_of("cursor", "python3", "greeter.py"))
    real.chmod(0o640)
    link = desk.config("cursor")
    link.parent.mkdir()
    link.symlink_to(real)
    desk.install("cursor")
    assert link.is_symlink()
    assert SENTINEL in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.with_name(real.name + BACKUP_SUFFIX).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("client", "content", "sentence"),
    [
        ("nope", b"{}", "unknown client 'nope'; known are claude-desktop, claude-code"),
        ("zed", None, ".config/zed/settings.json; name it with --config"),
        ("cursor", b'{"mcpServers": {"a": {"command": "x"}, "b": {"url": "http://x"}}}', "it has a, b"),
        ("cursor", b'{"mcpServers": {\n  "a" {}}}', "mcp.json: line 2, column 7: expected ':'"),
        ("cursor", b"", "expected a value"),
        ("cursor", b'"\xff"', "not text in UTF-8"),
        ("cursor", b"[" * 100_000, "nested too deeply"),
        ("cursor", b"{}" + b" " * (16 * 1024 * 1024), "larger than 16 MiB"),
        ("codex", b"[mcp_servers.x\ncommand = 1", "config.toml: "),
        ("continue", b"mcpServers: [", "config.yaml: "),
        ("continue", b"a: &x 1\nmcpServers: [{name: y, command: *x}]", "aliases"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    client: str, content: bytes | None, sentence: str, desk: Desk
) -> None:
    path = None if content is None or client not in BY_NAME else desk.write(client, content)
    done = desk.run("install", "--client", client, "--server", "greeter")
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (2, 1, "")
    assert sentence in done.stderr
    if path is not None:
        assert path.read_bytes() == content
        assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_help_shows_examples_and_the_clients(verb: str, desk: Desk) -> None:
    done = desk.run(verb, "--help")
    assert done.returncode == 0
    assert f"sentinel shim {verb} --client cursor" in done.stdout
    assert all(name in done.stdout for name in INSTALLABLE)
