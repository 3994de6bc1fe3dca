"""Path patterns match as people expect them to, and none takes long."""

import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli.scan.globs import GitGlob, GitIgnore, Glob
from cli.scan.support import write_tree


def test_a_glob_of_many_stars_takes_no_time() -> None:
    assert not Glob("**a" * 30 + "b").fullmatch("a" * 4000)
    assert Glob("*a" * 30).fullmatch("a" * 4000)
    assert not Glob("*a" * 10 + "b").fullmatch("a" * 60 + ".py")
    assert not GitGlob("*a" * 30 + "b").fullmatch("a" * 4000)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "x/a.py", True),
        ("x/*.py", "x/a.py", True),
        ("x/*.py", "x/y/a.py", False),
        ("x/**", "x/y/a.py", True),
        ("x/", "x/y/a.py", True),
        ("**/y/*.py", "y/a.py", True),
        ("./a.py", "a.py", True),
        ("a?.py", "ab.py", True),
        ("a.py", "axpy", False),
        ("[a].py", "a.py", False),
    ],
)
def test_globs_stay_within_a_folder_unless_doubled(glob: str, path: str, expected: bool) -> None:
    assert bool(Glob(glob).fullmatch(path)) is expected


def test_ignore_files_of_git_mean_what_git_means_by_them(repository: Path) -> None:
    """Compared with git itself, over patterns of every form."""
    patterns = [
        *(
            "name",
            "/name",
            "name/",
            "a/name",
            "/a/name/",
            "*.py",
            "a/*.py",
            "**/name",
            "a/**",
            "a/**/name",
            "na?e",
            "a**e",
        ),
        *("n[a-c]me", "n[!a]me", "a**/name", "a**b/name", "**b/name", "b*/**/d", "!a/b/name", "\\!bang", "\\#hash"),
        *("trail   ", "*", "!*/", "a/*", "**", "[x", "b/", "/*", "!/a"),
    ]
    paths = [
        *(
            "name",
            "a/name",
            "a/b/name",
            "x.py",
            "a/x.py",
            "a/b/x.py",
            "nome",
            "!bang",
            "#hash",
            "trail",
            "b/name",
            "b/c/d",
        ),
        *("ab/name", "axx/y/name", "a/x/b/name"),
    ]
    write_tree(repository, {f"t/{path}": "" for path in paths})
    for pattern in patterns:
        (repository / "t" / ".gitignore").write_text(f"{pattern}\n")
        asked = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin"],
            cwd=repository / "t",
            input="\n".join(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        expected = set(asked.stdout.replace('"', "").splitlines())
        file = GitIgnore(f"{pattern}\n")
        assert {path for path in paths if _is_ignored(file, path)} == expected, pattern


def _is_ignored(file: GitIgnore, path: str) -> bool:
    """Return whether a walk would skip this path: a folder that is ignored is not entered."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        if file.verdict("/".join(parts[:count]), is_folder=count < len(parts)):
            return True
    return False


def test_an_ignore_file_of_many_stars_takes_no_time() -> None:
    file = GitIgnore("**a" * 30 + "b\n" + "*a" * 30 + "c\n" + "[a]*" * 30 + "d\n")
    assert file.verdict("a" * 4000, is_folder=False) is None
