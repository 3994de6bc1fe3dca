"""What git tracks is read, as its index lists it."""

import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli.scan.git_index import read_tracked
from cli.scan.repositories import SHELL, SHELL_JS, files
from cli.scan.support import sentinel, write_tree


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_what_git_tracks_is_read_whatever_an_ignore_file_says(repository: Path, version: str) -> None:
    """Else a change could bring an agent and the line that hides it."""
    write_tree(
        repository,
        {
            ".gitignore": "hidden/\nsvc-a/agent.py\n*.js\n",
            "hidden/deep/agent.py": SHELL,
            "hidden/deep/copy.py": SHELL,
            "hidden/other/copy.py": SHELL,
            "a/long/way/to/x.js": SHELL_JS,
            "a/long/way/to/y.js": SHELL_JS,
        },
    )
    tracked = ["hidden/deep/agent.py", "svc-a/agent.py", "a/long/way/to/x.js"]
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "add", "-f", *tracked], check=True)
    if version == "3":
        subprocess.run([*git, "add", "-N", "svc-b/agent.py"], check=True)  # what needs the longer entries
    subprocess.run([*git, "update-index", "--force-write-index", "--index-version", version], check=True)
    run = sentinel(repository, "scan", "--format", "json")
    assert files(run) == sorted([*tracked, "svc-b/agent.py", "web/src/agent.ts"])
    assert run.entries[-1]["left_out"]["ignored by git"] == 3


@pytest.mark.parametrize(
    "index", [b"", b"DIRC", b"DIRC\0\0\0\x02\0\0\0\x09short", b"DIRC\0\0\0\x07\0\0\0\0", b"x" * 99]
)
def test_a_damaged_index_ends_no_scan(repository: Path, index: bytes) -> None:
    write_tree(repository, {".gitignore": "svc-a\n", ".git/index": index})
    assert files(sentinel(repository, "scan", "--format", "json")) == ["svc-b/agent.py", "web/src/agent.ts"]


def test_files_and_their_folders_are_tracked_and_nothing_beside_them(repository: Path) -> None:
    subprocess.run(["git", "add", "svc-a", "web"], cwd=repository, check=True)
    tracked = read_tracked(str(repository))
    assert tracked.holds("svc-a/agent.py", is_folder=False)
    assert tracked.holds("web", is_folder=True)
    assert tracked.holds("web/src", is_folder=True)
    assert not tracked.holds("svc-b/agent.py", is_folder=False)
    assert not tracked.holds("svc-b", is_folder=True)
    assert not tracked.holds("svc-a", is_folder=False)


@pytest.mark.parametrize("version", ["2", "4"])
def test_names_of_any_length_are_read_as_git_lists_them(tmp_path: Path, version: str) -> None:
    names = [f"{'n' * length}.py" for length in range(1, 40)] + ["ä/€.py", "deep/" * 20 + "x.py", "x" * 200]
    write_tree(tmp_path, dict.fromkeys(names, ""))
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "update-index", "--force-write-index", "--index-version", version], check=True)
    listed = subprocess.run([*git, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
    tracked = read_tracked(str(tmp_path))
    assert sorted(filter(None, listed)) == sorted(names)
    assert [name for name in names if not tracked.holds(name, is_folder=False)] == []


def test_the_index_of_a_worktree_is_found_by_its_file(repository: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "add", "svc-a"], cwd=repository, check=True)
    subprocess.run([*git, "commit", "-qm", "one"], cwd=repository, check=True)
    subprocess.run([*git, "worktree", "add", "-q", "../second"], cwd=repository, check=True)
    second = repository.parent / "second"
    assert (second / ".git").is_file()
    assert read_tracked(str(second)).holds("svc-a/agent.py", is_folder=False)


def test_a_folder_without_git_tracks_nothing(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.py": ""})
    assert not read_tracked(str(tmp_path)).holds("a.py", is_folder=False)
