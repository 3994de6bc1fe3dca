"""Lines that differ from a commit, as real git repositories give them."""

import os
import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.git_diff import changed_since, parse_diff, with_decorators
from cli.scan.support import write_tree

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def git(folder: Path, *arguments: str) -> str:
    """Run git without the configuration of this machine."""
    identity = {f"GIT_{role}_{what}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    variables = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str | bytes], message: str = "change") -> Path:
    """Write files and commit all; the first commit makes the repository."""
    write_tree(folder, files)
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a repository with one committed file of ten lines."""
    return commit(tmp_path / "work", {"a.py": TEN})


def touched(work: Path, path: str = "a.py", ref: str = "HEAD") -> list[int]:
    changed = changed_since(str(work), ref)
    return [number for number in range(1, 16) if changed.touch(path, number, number)]


def test_nothing_is_changed_in_a_clean_tree(work: Path) -> None:
    assert touched(work) == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (TEN.replace("line 3\n", "LINE 3\n"), [3]),
        (TEN.replace("line 3\n", "line 3\nmore\nand more\n"), [4, 5]),
        (TEN.replace("line 3\n", ""), [2, 3]),
        (TEN.replace("line 1\n", ""), [1]),
        (TEN.replace("line 3\n", "LINE 3\n").replace("line 9\n", "LINE 9\n"), [3, 9]),
        (TEN + "last", [11]),
        (TEN.replace("line 10\n", "line 10"), [10]),
    ],
)
def test_lines_are_those_of_the_working_tree_and_a_gap_is_both_its_edges(
    work: Path, content: str, lines: list[int]
) -> None:
    write_tree(work, {"a.py": content})
    assert touched(work) == lines
    commit(work, {})
    assert touched(work, ref="HEAD~1") == lines


def test_every_line_of_a_new_file_is_changed_whether_or_not_it_is_added(work: Path) -> None:
    write_tree(work, {"new.py": TEN})
    assert touched(work, "new.py") == list(range(1, 16))
    git(work, "add", "-A")
    assert touched(work, "new.py") == list(range(1, 11))


@pytest.mark.parametrize("name", ["with blank.py", 'quo"te.py', "größe.py", "back\\slash.py", "tab\there.py", "b/x.py"])
def test_paths_of_any_spelling_are_known(work: Path, name: str) -> None:
    commit(work, {name: TEN})
    write_tree(work, {name: TEN.replace("line 3", "LINE 3")})
    assert touched(work, name) == [3]


def test_lines_that_look_like_a_patch_are_only_lines(work: Path) -> None:
    write_tree(work, {"a.py": TEN.replace("line 3\n", "++ b/other.py\n@@ -1 +1 @@\n").replace("line 9", "LINE 9")})
    changed = changed_since(str(work), "HEAD")
    assert set(changed.ranges) == {"a.py"}
    assert touched(work) == [3, 4, 10]


def test_attributes_and_settings_of_the_repository_hide_nothing_and_run_nothing(work: Path) -> None:
    ran = work.parent / "ran"
    program = f"touch {ran}"
    for key in ("diff.external", "core.fsmonitor", "diff.mine.textconv", "diff.mine.command"):
        git(work, "config", key, program)
    for key, value in (("diff.noprefix", "true"), ("color.diff", "always"), ("diff.context", "9")):
        git(work, "config", key, value)
    write_tree(work, {"a.py": TEN.replace("line 3", "LINE 3"), ".gitattributes": "*.py -diff\n"})
    assert touched(work) == [3]
    write_tree(work, {".gitattributes": "*.py diff=mine binary\n"})
    assert touched(work) == [3]
    assert not ran.exists()


def test_the_variables_of_a_hook_of_another_repository_do_not_matter(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = commit(tmp_path / "other", {"x.py": "x\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    write_tree(work, {"a.py": TEN.replace("line 3", "LINE 3")})
    assert touched(work) == [3]


def test_outside_of_git_nothing_can_be_compared(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="needs a git repository"):
        changed_since(str(tmp_path), "HEAD")


@pytest.mark.parametrize("ref", ["nope", "", "HEAD~9", "--output=x", "HEAD:a.py", "HEAD..HEAD", "a\x1bb"])
def test_what_is_not_a_commit_is_refused(work: Path, ref: str) -> None:
    with pytest.raises(
        RequestError, match=r"is not a commit of this repository; `git log` lists commits|cannot compare"
    ):
        changed_since(str(work), ref)
    assert not (work / "x").exists()


def test_a_damaged_repository_is_refused_with_the_reason_of_git(work: Path) -> None:
    (work / ".git" / "HEAD").write_text("damaged")
    with pytest.raises(RequestError, match="git cannot compare: 'fatal: not a git repository"):
        changed_since(str(work), "main")


def test_a_shallow_clone_says_how_to_get_the_commit_and_then_works(work: Path, tmp_path: Path) -> None:
    first = git(work, "rev-parse", "HEAD")
    commit(work, {"a.py": TEN.replace("line 3", "LINE 3")})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{work}", "shallow")
    shallow = tmp_path / "shallow"
    with pytest.raises(RequestError, match=f"this clone is shallow: `git fetch --depth=1 origin '{first}'`"):
        changed_since(str(shallow), first)
    git(shallow, "fetch", "-q", "--depth=1", "origin", first)
    assert touched(shallow, ref=first) == [3]


def test_a_cut_patch_ends_quietly() -> None:
    assert parse_diff(b"+++ b/a.py\n@@ -1 +1,9 @@\n+x") == {"a.py": ((1, 9),)}
    assert parse_diff(b"") == {}


def test_decorators_directly_above_belong_to_a_tool() -> None:
    lines = b"@other\n\n@tool(\n    approve=True,\n)\n@limits\ndef f(): ...\n".splitlines()
    assert with_decorators(lines, 7) == 3
    assert with_decorators(lines, 1) == 1
    assert with_decorators([], 5) == 5
