"""`sentinel mcp list`, run as users run it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.clients.samples import SAMPLES, SECRET, write, write_home
from cli.scan.support import COMMAND

PROGRAM = (
    "import sys; sys.modules['agentsentinel_shim'] = None; from agentsentinel_cli.app import main; sys.exit(main())"
)
"""The command as it is without the extra that brings the table of clients."""


def listed(
    home: Path, *words: str, cwd: Path | None = None, command: tuple[str | Path, ...] = (COMMAND,), **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **variables}
    return subprocess.run(
        [*command, "mcp", "list", *words],
        cwd=cwd or home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_every_server_of_the_user_and_of_remembered_projects_is_listed_in_80_columns(home: Path) -> None:
    done = listed(home)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    servers = [sample for sample in SAMPLES if not sample.path.startswith("etc/")]
    assert f"{len(servers)} MCP servers of" in done.stdout
    assert "~/.cursor/mcp.json" in done.stdout
    assert SECRET[8:] not in done.stdout
    assert "\x1b" not in done.stdout


def test_json_has_a_row_for_each_server_without_secrets(home: Path) -> None:
    done = listed(home, "--format", "json")
    document: dict[str, Any] = json.loads(done.stdout)
    assert SECRET[8:] not in done.stdout
    (row,) = [row for row in document["servers"] if row["file"] == "~/.cursor/mcp.json"]
    assert (row["client"], row["scope"], row["transport"], row["enabled"]) == ("cursor", "user", "stdio", True)
    assert row["command"] == "npx -y @acme/server --token …"
    assert document["unread"] == []


def test_the_layout(bare: Path) -> None:
    servers = {
        "files": {"command": "npx", "args": ["-y", "server-filesystem", "/work/" + "very/" * 20]},
        "db": {"url": "https://db.example/mcp?key=x"},
        "old": {"command": "old", "disabled": True},
        "shimmed": {"command": "sentinel", "args": ["shim", "--stdio", "--", "npx", "-y", "memory"]},
    }
    write(bare.parent, "home/.cursor/mcp.json", json.dumps({"mcpServers": servers}))
    assert listed(bare).stdout == (
        "Cursor  user\n"
        "  ~/.cursor/mcp.json\n"
        "    files    stdio  npx -y server-filesystem /work/very/very/very/very/very/ver…\n"
        "    db       http   https://db.example/mcp\n"
        "    old      stdio  old  (off)\n"
        "    shimmed  stdio  npx -y memory  (watched)\n"
        "\n"
        "4 MCP servers of 1 client; 1 watched by `sentinel shim`.\n"
    )


def test_servers_that_a_user_has_for_one_project_only_name_it(bare: Path) -> None:
    project = {"/work/shop": {"mcpServers": {"db": {"command": "db"}}}}
    write(bare.parent, "home/.claude.json", json.dumps({"mcpServers": {"a": {"command": "a"}}, "projects": project}))
    assert listed(bare).stdout.startswith(
        "Claude Code  user\n  ~/.claude.json\n    a  stdio  a\n\n"
        "Claude Code  local\n  ~/.claude.json\n  in /work/shop\n    db  stdio  db\n"
    )


def test_the_current_folder_and_named_projects_are_read_and_shared_files_say_so(bare: Path, tmp_path: Path) -> None:
    for project in ("here", "there"):
        write(tmp_path, f"{project}/.mcp.json", json.dumps({"mcpServers": {project: {"command": "a"}}}))
    write(tmp_path, "home/.cursor/mcp.json", "{}")
    shown = listed(bare, "--project", str(tmp_path / "there"), cwd=tmp_path / "here").stdout
    assert "    here  stdio  a\n" in shown
    assert "    there  stdio  a\n" in shown
    assert "also read by cursor" in shown


def test_what_could_not_be_read_is_said_and_alone_it_is_exit_3(bare: Path) -> None:
    write(bare.parent, "home/.cursor/mcp.json", "{")
    done = listed(bare)
    assert done.returncode == 3
    assert "Not read\n  ~/.cursor/mcp.json\n    line 1, column 2: expected a name" in done.stdout
    write(bare.parent, "home/.kiro/settings/mcp.json", "{}")
    assert listed(bare).returncode == 0


def test_a_machine_without_clients_says_so(bare: Path) -> None:
    done = listed(bare)
    assert (done.returncode, done.stdout) == (0, "No MCP servers in the configuration files of AI clients.\n")
    assert json.loads(listed(bare, "--format", "json").stdout) == {"servers": [], "unread": []}


def test_names_cannot_deceive_a_terminal(bare: Path) -> None:
    servers = {"a\x1b[31m\u202eb": {"command": "x\n\x1b]0;y\x07", "args": ["\u4e2d" * 60]}}
    write(bare.parent, "home/.cursor/mcp.json", json.dumps({"mcpServers": servers}))
    shown = listed(bare).stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 5


def test_a_project_that_is_not_there_is_a_usage_error(bare: Path) -> None:
    done = listed(bare, "--project", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sentinel mcp list: 'none' is not a folder\n"


def test_without_the_table_of_clients_it_says_what_to_install(bare: Path) -> None:
    done = listed(bare, command=(Path(COMMAND).with_name("python"), "-c", PROGRAM))
    assert (done.returncode, done.stdout) == (2, "")
    assert "install agentsentinel-cli[discover]" in done.stderr
