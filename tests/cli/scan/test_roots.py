"""A file has one identity: its path from the root of its repository, however a target is spelled."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsentinel_cli.scan.roots import identity, is_within, real, root_of
from cli.scan.repositories import SHELL, files, scan_from
from cli.scan.support import Run, sentinel, write_tree


def fingerprints(run: Run) -> dict[str, set[str]]:
    """Return the fingerprints of the findings, by file."""
    found: dict[str, set[str]] = {}
    for entry in run.entries:
        found.setdefault(entry["file"], set()).update(finding["fingerprint"] for finding in entry["findings"])
    return {file: prints for file, prints in found.items() if prints}


SPELLINGS: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "the working folder": (".", lambda root: ["."]),
    "nothing": (".", lambda root: []),
    "an absolute path": (".", lambda root: [str(root)]),
    "a slash at the end": (".", lambda root: [f"{root}/"]),
    "by way of another folder": ("ci", lambda root: ["../svc-a", "../svc-b/", "../web/../web"]),
    "from elsewhere": ("/", lambda root: [str(root)]),
    "its parts, absolute": ("svc-a", lambda root: [".", str(root / "svc-b"), "../web/src/agent.ts"]),
    "a folder twice": (".", lambda root: ["svc-a", "svc-a/agent.py", str(root), "./svc-b"]),
}


@pytest.mark.parametrize(("start", "targets"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_file_has_one_identity_however_the_target_is_spelled(
    repository: Path, start: str, targets: Callable[[Path], list[str]]
) -> None:
    known = sentinel(repository, "scan", "--format", "json")
    assert files(known) == ["svc-a/agent.py", "svc-b/agent.py", "web/src/agent.ts"]
    run = scan_from(repository, start, "--format", "json", *targets(repository))
    assert fingerprints(run) == fingerprints(known)


def test_a_runner_s_workspace_is_the_root_where_git_left_no_folder(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    env = {"GITHUB_WORKSPACE": str(repository)}
    assert files(sentinel(repository / "svc-a", "scan", ".", "--format", "json", env=env)) == ["svc-a/agent.py"]
    elsewhere = {"GITHUB_WORKSPACE": str(repository / "ci")}
    assert files(sentinel(repository / "svc-a", "scan", ".", "--format", "json", env=elsewhere)) == ["agent.py"]


def test_a_folder_that_is_reached_by_a_link_is_the_folder_it_leads_to(repository: Path) -> None:
    (repository.parent / "link").symlink_to(repository)
    run = scan_from(repository, "/", str(repository.parent / "link" / "svc-a"), "--format", "json")
    assert files(run) == ["svc-a/agent.py"]


def test_the_repository_is_found_from_a_file_and_never_above_it(tmp_path: Path) -> None:
    """A repository around the working folder is not that of a target elsewhere."""
    inside = write_tree(tmp_path / "outer", {"inner/agent.py": SHELL, "inner/.git": "gitdir: elsewhere\n"})
    other = write_tree(tmp_path / "other", {"agent.py": SHELL})
    (inside / ".git").mkdir()
    assert files(sentinel(inside, "scan", "inner/agent.py", "--format", "json")) == ["agent.py"]
    run = sentinel(inside, "scan", os.path.relpath(other, inside), "--format", "json")
    assert files(run) == ["agent.py"]
    both = sentinel(inside, "scan", "inner", str(other), "--format", "json")
    assert files(both) == ["other/agent.py", "outer/inner/agent.py"]


def test_the_root_is_the_innermost_repository_then_the_first_folder_that_contains_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = write_tree(tmp_path.resolve() / "top", {"a/b/x.py": "", "a/c/y.py": "", "base.json": ""})
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(top / "a" / "b")
    targets = [str(top / "a/b/x.py"), str(top / "a/c")]
    assert root_of(["x.py"]) == str(top / "a/b")
    assert root_of(targets) == str(top / "a"), "no candidate contains both"
    assert root_of(targets, [None, str(top / "base.json")]) == str(top)
    (top / "a" / ".git").write_text("gitdir: /elsewhere\n")
    assert root_of(["x.py"], [str(top / "base.json")]) == str(top / "a")


def test_an_identity_has_slashes_and_ignores_the_spelling(tmp_path: Path) -> None:
    top = write_tree(tmp_path.resolve() / "top", {"a/x.py": ""})
    assert identity(str(top / "a" / ".." / "a" / "x.py"), str(top)) == "a/x.py"
    assert identity(str(top), str(top)) == "."


def test_a_link_to_a_file_keeps_its_name_and_a_link_to_a_folder_does_not(tmp_path: Path) -> None:
    top = write_tree(tmp_path.resolve() / "top", {"a/x.py": ""})
    (top / "a" / "link.py").symlink_to(top / "a" / "x.py")
    (top / "b").symlink_to(top / "a")
    assert real(str(top / "b" / "link.py")) == str(top / "a" / "link.py")
    assert real(str(top / "b")) == str(top / "a")


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False), ("/a", "/a/b", False), ("/a", "/", True)],
)
def test_a_folder_contains_what_lies_below_it_and_no_namesake(path: str, folder: str, expected: bool) -> None:
    assert is_within(path, folder) is expected
