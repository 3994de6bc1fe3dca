"""Which files a scan reads: paths count from the root of the repository, and every report says what was not read."""

import json
import shutil
from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from cli.scan.repositories import SHELL, SHELL_JS, TESTS, UNREAD, files, scan_from
from cli.scan.support import sentinel, write_tree
from forms import wide_after


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
    "pattern",
    wide_after(3, ["svc-b", "{root}/svc-b/**", "./svc-b/*.py", "svc-b/", "svc-b/**", "svc-b/agent.py", "{root}/svc-b"]),
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
