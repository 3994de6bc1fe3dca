"""One repository of many parts: each file has one identity, and what is not read is said in every report.

The identity of a file is its path from the root of the repository, however a target is spelled and wherever the command
starts. Fingerprints, baselines, suppressions, `--exclude`, SARIF and annotations go by it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsentinel_cli.commands.scan import FORMATS
from agentsentinel_cli.scan.globs import GitIgnore
from cli.scan.support import Run, sentinel, write_tree

SHELL = '''from langchain_core.tools import tool
import subprocess


@tool
def run_shell(command: str) -> str:
    """Run a command."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
'''
SHELL_JS = """import { tool } from "@langchain/core/tools";
import { execSync } from "child_process";

export const run = tool(async ({ c }) => execSync(c).toString(), { name: "run", description: "Run", schema: shape });
"""
A_TEST = "import pytest\n\n\ndef test_it() -> None:\n    assert True\n"
A_TEST_JS = 'import { expect, it } from "vitest";\n\nit("holds", () => expect(1).toBe(1));\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two services, a web application, a folder for CI, and a checkout of git around them."""
    folder = write_tree(
        tmp_path / "repository",
        {
            "svc-a/agent.py": SHELL,
            "svc-b/agent.py": SHELL,
            "web/src/agent.ts": SHELL_JS,
            "ci/.keep": "",
        },
    )
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def files(run: Run) -> list[str]:
    """Return the files in which tools or agents were found."""
    return sorted({entry["file"] for entry in run.entries if entry["findings"]})


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


def scan_from(repository: Path, start: str, *arguments: str) -> Run:
    """Run the command in a folder, with the repository's cache."""
    env = {"XDG_CACHE_HOME": str(repository.parent / "cache")}
    return sentinel(repository / start, "scan", *arguments, env=env)


@pytest.mark.parametrize("is_checkout", [True, False], ids=["in a checkout", "without git"])
@pytest.mark.parametrize(
    ("start", "targets"),
    [(".", ["."]), (".", ["{root}"]), ("svc-a", ["."]), ("ci", ["../svc-a", "../svc-b"]), ("/", ["{root}"])],
)
def test_a_baseline_is_known_wherever_the_command_starts(
    repository: Path, start: str, targets: list[str], is_checkout: bool
) -> None:
    if not is_checkout:
        shutil.rmtree(repository / ".git")
    baseline = str(repository / "base.json")
    assert sentinel(repository, "scan", ".", "--write-baseline", baseline, "--fail-on", "LOW").code == 1
    named = [target.format(root=repository) for target in targets]
    assert scan_from(repository, start, *named, "--baseline", baseline, "--fail-on", "LOW").code == 0
    write_tree(repository, {"svc-a/more.py": SHELL})
    assert scan_from(repository, start, *named, "--baseline", baseline, "--fail-on", "LOW").code == 1


@pytest.mark.parametrize(
    ("start", "target"), [(".", "."), (".", "{root}"), ("svc-a", "."), ("ci", ".."), ("/", "{root}")]
)
def test_suppressions_go_by_the_path_from_the_root(repository: Path, start: str, target: str) -> None:
    write_tree(repository, {".sentinelignore": "*  svc-a/**  known\n*  svc-b/agent.py  known\n*  web/src/*  known\n"})
    assert scan_from(repository, start, target.format(root=repository), "--fail-on", "LOW").code == 0
    write_tree(repository, {".sentinelignore": "*  agent.py/**  another path\n"})
    assert scan_from(repository, start, target.format(root=repository), "--fail-on", "LOW").code == 1


def test_suppressions_of_a_part_may_be_written_from_its_own_folder(repository: Path) -> None:
    write_tree(repository, {"svc-a/.sentinelignore": "*  ./agent.py  known\n"})
    assert sentinel(repository, "scan", "svc-a", "--fail-on", "LOW").code == 0
    assert sentinel(repository, "scan", "svc-a", "svc-b", "--fail-on", "LOW").code == 1


@pytest.mark.parametrize(
    "pattern", ["svc-b", "svc-b/", "svc-b/**", "svc-b/agent.py", "{root}/svc-b", "{root}/svc-b/**", "./svc-b/*.py"]
)
@pytest.mark.parametrize(
    ("start", "targets"),
    [
        (".", ["."]),
        (".", ["{root}"]),
        (".", ["svc-b", "svc-a"]),
        (".", ["svc-a/agent.py", "svc-b/agent.py"]),
        ("ci", [".."]),
    ],
)
def test_exclude_always_holds(repository: Path, pattern: str, start: str, targets: list[str]) -> None:
    named = [target.format(root=repository) for target in targets]
    run = scan_from(repository, start, *named, "--exclude", pattern.format(root=repository), "--format", "json")
    assert "svc-a/agent.py" in files(run)
    assert "svc-b/agent.py" not in files(run)
    assert run.entries[-1]["left_out"]["excluded"] == 1


@pytest.mark.parametrize(
    ("start", "targets"),
    [("ci", ["../svc-a", "../svc-b"]), ("svc-a", [".", "../svc-b"]), ("/", ["{root}"]), (".", ["."])],
)
def test_reports_for_machines_name_files_from_the_root(repository: Path, start: str, targets: list[str]) -> None:
    named = [target.format(root=repository) for target in targets]
    log = json.loads(scan_from(repository, start, *named, "--format", "sarif").out)
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]
    }
    assert {"svc-a/agent.py", "svc-b/agent.py"} <= uris
    assert all((repository / uri).is_file() for uri in uris)
    told = scan_from(repository, start, *named, "--format", "github").out
    assert "::error file=svc-a/agent.py,line=" in told
    assert str(repository) not in told


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


COPIES = (
    ".claude/worktrees/fix-1",
    "build/lib/pkg",
    "cdk.out/asset.1",
    "svc-a/.vercel/output",
    "svc-a/deep/er/generated",
)


def with_copies(repository: Path) -> Path:
    """Write the files that other programs leave beside the source."""
    ignored = "# copies\n.claude/worktrees/\n/build\n*.out/\n\\#x\n**/generated\n"
    write_tree(repository, {f"{folder}/agent.py": SHELL for folder in COPIES})
    return write_tree(repository, {".gitignore": ignored, "svc-a/.gitignore": ".vercel\nkept*\n!kept.py\n"})


@pytest.mark.parametrize("start", [".", "svc-a"])
def test_what_git_ignores_is_left_out_unless_asked_for_or_named(repository: Path, start: str) -> None:
    with_copies(repository)
    write_tree(repository, {"svc-a/kept.py": SHELL, "svc-a/kept_not.py": SHELL, "svc-a/build/agent.py": SHELL})
    run = scan_from(repository, start, "--format", "json")
    expected = ["svc-a/agent.py", "svc-a/build/agent.py", "svc-a/kept.py"]
    assert [file for file in files(run) if file.startswith("svc-a/")] == expected
    assert run.entries[-1]["left_out"]["ignored by git"] >= 3
    assert not any(folder in file for file in files(run) for folder in (".claude", "cdk.out", ".vercel", "generated"))
    everything = scan_from(repository, ".", "--format", "json", "--include-ignored")
    assert {f"{folder}/agent.py" for folder in COPIES} <= set(files(everything))
    assert files(scan_from(repository, ".", "build", "--format", "json")) == ["build/lib/pkg/agent.py"]


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


@pytest.mark.parametrize("mark", ["file", "folder"], ids=["a worktree or submodule", "a clone"])
def test_checkouts_within_the_checkout_are_left_out_unless_asked_for_or_named(repository: Path, mark: str) -> None:
    copy = write_tree(repository / "copies" / "fix-1", {"agent.py": SHELL})
    if mark == "file":
        (copy / ".git").write_text("gitdir: /elsewhere\n")
    else:
        (copy / ".git").mkdir()
    run = sentinel(repository, "scan", "--format", "json")
    assert not any(file.startswith("copies") for file in files(run))
    assert run.entries[-1]["left_out"] == {"checkout of its own": 1, "tool folder": 1}
    asked = sentinel(repository, "scan", "--format", "json", "--include-ignored")
    assert "copies/fix-1/agent.py" in files(asked)
    assert files(sentinel(repository, "scan", "copies/fix-1", "--format", "json")) == ["agent.py"]


NAMED_LIKE_TESTS = {
    "ab_test.py": SHELL,
    "test_drive.py": SHELL,
    "load-test.js": SHELL_JS,
    "speed.test.ts": SHELL_JS,
    "testing/agent.py": SHELL,
    "tests/agent.py": SHELL,
    "fixtures/deep/agent.ts": SHELL_JS,
}
TESTS = {
    "unit/test_agent.py": SHELL + A_TEST,
    "unit/agent_test.py": SHELL + "\n\nclass TestIt:\n    def test_it(self): ...\n",
    "unit/old_test.py": "from unittest import TestCase\n" + SHELL,
    "unit/agent.spec.ts": SHELL_JS + A_TEST_JS,
    "unit/node.test.mjs": 'import test from "node:test";\n' + SHELL_JS,
    "unit/plain.test.js": SHELL_JS + '\ndescribe("it", () => {});\n',
    "svc-a/tests/test_it.py": A_TEST,
    "svc-a/tests/support/agent.py": SHELL,
    "web/__tests__/it.ts": A_TEST_JS,
    "web/__tests__/agent.ts": SHELL_JS,
}


def test_a_file_is_a_test_by_what_it_holds_and_not_by_its_name(repository: Path) -> None:
    write_tree(repository, NAMED_LIKE_TESTS | TESTS)
    run = sentinel(repository, "scan", "--format", "json")
    assert set(NAMED_LIKE_TESTS) <= set(files(run))
    assert not set(TESTS) & set(files(run))
    assert run.entries[-1]["left_out"] == {"test file": 6, "test folder": 2, "tool folder": 1}
    asked = sentinel(repository, "scan", "--format", "json", "--include-tests")
    assert {
        path for path, source in TESTS.items() if ("run" in source and "shell" in source) or "execSync" in source
    } <= set(files(asked))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_typescript_in_utf_16_is_read_as_its_compiler_does(repository: Path, encoding: str) -> None:
    write_tree(repository, {"web/src/wide.ts": f"\ufeff{SHELL_JS}".encode(encoding)})
    assert "web/src/wide.ts" in files(sentinel(repository, "scan", "--format", "json"))


UNREAD = {
    "wide.py": SHELL.encode("utf-16"),
    "wide_be.py": f"\ufeff{SHELL}".encode("utf-16-be"),
    "bare.py": SHELL.encode("utf-16-le"),
    "bare.ts": SHELL_JS.encode("utf-16-be"),
    "widest.ts": SHELL_JS.encode("utf-32"),
    "cut.ts": SHELL_JS.encode("utf-16") + b"\xd8",
}


def test_what_no_compiler_reads_is_listed_as_not_read_and_never_clean(repository: Path) -> None:
    write_tree(repository, UNREAD)
    run = sentinel(repository, "scan", "--format", "json")
    assert {entry["file"] for entry in run.entries if "error" in entry} == set(UNREAD)
    for name in UNREAD:
        alone = sentinel(repository, "scan", name)
        assert alone.code == 3
        assert f"not read: {name}: " in alone.err


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_counts_what_was_left_out_and_what_was_not_read(repository: Path, form: str) -> None:
    with_copies(repository)
    write_tree(repository, TESTS | UNREAD | {"node_modules/x/agent.js": SHELL_JS})
    run = sentinel(repository, "scan", "--format", form, env={"COLUMNS": "120"})
    told = " ".join(run.out.split())
    if form == "json":
        (counted,) = (entry["left_out"] for entry in run.entries if "left_out" in entry)
        assert (counted["ignored by git"], counted["test file"], counted["vendored folder"]) == (5, 6, 1)
        assert sum("error" in entry for entry in run.entries) == len(UNREAD)
        return
    for kind in ("5 ignored by git", "6 test files", "2 test folders", "1 vendored folder"):
        assert kind in told
    if form in ("text", "markdown"):
        assert f"{len(UNREAD)} not read" in told
    else:
        assert told.count("not read: ") == len(UNREAD)


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
