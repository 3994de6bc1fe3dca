"""Projects are read from the lists of clients, and no list is changed or waited for."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agentsentinel_cli.clients.projects import MOST_PROJECTS, remembered
from agentsentinel_shim.desk.client_model import ProjectList
from cli.clients.samples import remember

OPENCODE = ProjectList("{home}/opencode*.db", query="SELECT worktree FROM project")
RECENT = ProjectList("{home}/state.vscdb", query="SELECT value FROM ItemTable WHERE key = 'recent'")


@pytest.fixture
def unread() -> list[str]:
    return []


def listed(home: Path, lists: ProjectList, unread: list[str]) -> list[str]:
    found = remembered((lists,), {"home": str(home)}, lambda path, reason: unread.append(f"{path.name}: {reason}"))
    return [str(path) for path in found]


def test_the_rows_of_a_database_are_projects_and_nothing_appears_beside_it(tmp_path: Path, unread: list[str]) -> None:
    remember(tmp_path / "opencode.db", Path("/work/a"), Path("relative"))
    remember(tmp_path / "opencode-dev.db", Path("/work/a"), Path("/work/b"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert listed(tmp_path, OPENCODE, unread) == ["/work/a", "/work/b"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert unread == []


def test_a_database_that_its_client_writes_is_read_with_what_was_written_last(
    tmp_path: Path, unread: list[str]
) -> None:
    remember(tmp_path / "opencode.db")
    with closing(sqlite3.connect(tmp_path / "opencode.db", isolation_level=None)) as client:
        client.execute("PRAGMA journal_mode=WAL")
        client.execute("INSERT INTO project VALUES ('1', '/work/new')")
        assert listed(tmp_path, OPENCODE, unread) == ["/work/new"]


def test_recent_folders_are_read_from_their_addresses(tmp_path: Path, unread: list[str]) -> None:
    entries = [
        {"folderUri": "file:///work/my%20app"},
        {"folderUri": "vscode-remote://ssh-remote/work/far"},
        {"fileUri": "file:///work/a.txt"},
        "x",
    ]
    with closing(sqlite3.connect(tmp_path / "state.vscdb")) as database, database:
        database.execute("CREATE TABLE ItemTable (key TEXT, value BLOB)")
        database.execute("INSERT INTO ItemTable VALUES ('recent', ?)", [json.dumps({"entries": entries})])
    assert listed(tmp_path, RECENT, unread) == ["/work/my app"]


@pytest.mark.parametrize(
    ("name", "content", "keys"),
    [
        (".claude.json", json.dumps({"projects": {"/work/a": {}, "x": {}}}), ("projects",)),
        ("trusted.json", json.dumps({"/work/a": "TRUST_FOLDER"}), ()),
        ("config.toml", '[projects."/work/a"]\ntrust_level = "trusted"\n', ("projects",)),
    ],
)
def test_the_keys_of_an_object_are_projects(
    tmp_path: Path, unread: list[str], name: str, content: str, keys: tuple[str, ...]
) -> None:
    (tmp_path / name).write_text(content)
    assert listed(tmp_path, ProjectList("{home}/" + name, keys), unread) == ["/work/a"]


@pytest.mark.parametrize("content", ['{"projects": ["/a"]}', '{"projects": null}', "[]", "1"])
def test_a_list_of_another_shape_is_empty(tmp_path: Path, unread: list[str], content: str) -> None:
    (tmp_path / "p.json").write_text(content)
    assert listed(tmp_path, ProjectList("{home}/p.json", ("projects",)), unread) == []
    assert unread == []


def test_what_is_not_a_database_is_said(tmp_path: Path, unread: list[str]) -> None:
    (tmp_path / "opencode.db").write_bytes(b"not a database" * 100)
    (tmp_path / "opencode-2.db").mkdir()
    assert listed(tmp_path, OPENCODE, unread) == []
    assert unread == [
        "opencode-2.db: it is not a file",
        "opencode.db: its list of projects cannot be read (file is not a database)",
    ]


def test_a_table_that_never_ends_is_given_up(tmp_path: Path, unread: list[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "opencode.db")) as database, database:
        database.execute(
            "CREATE VIEW project AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
            " SELECT x AS worktree FROM n WHERE x < 0"
        )
    assert listed(tmp_path, OPENCODE, unread) == []
    assert unread == ["opencode.db: its list of projects cannot be read (interrupted)"]


def test_a_long_list_is_cut(tmp_path: Path, unread: list[str]) -> None:
    remember(tmp_path / "opencode.db", *(Path(f"/work/{number}") for number in range(MOST_PROJECTS + 5)))
    assert len(listed(tmp_path, OPENCODE, unread)) == MOST_PROJECTS
