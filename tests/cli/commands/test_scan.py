"""Each flag of `sentinel scan`, by running the command."""

import json
import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from cli.discover.support import scripts
from cli.scan.support import COMMAND, READER, SALES_TEAM, sentinel, write_tree
from cli.scan.test_git_diff import commit


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a folder with one risky and one harmless file."""
    return write_tree(tmp_path / "work", {"sales.py": SALES_TEAM, "docs/reader.py": READER})


@pytest.mark.parametrize(("level", "code"), [("CRITICAL", 1), ("high", 1), ("MEDIUM", 1), ("LOW", 1)])
def test_the_gate_closes_at_its_level(work: Path, level: str, code: int) -> None:
    assert sentinel(work, "scan", "sales.py", "--fail-on", level).code == code
    assert sentinel(work, "scan", "docs", "--fail-on", level).code == 0


def test_the_report_is_the_same_twice_and_with_a_warm_cache(work: Path) -> None:
    write_tree(work, {f"more/agent_{number}.py": SALES_TEAM for number in range(9)})
    for form in FORMATS:
        cold = sentinel(work, "scan", ".", "--format", form)
        assert cold.out == sentinel(work, "scan", ".", "--format", form).out
        assert cold.out == sentinel(work, "scan", ".", "--format", form, "--no-cache").out


def test_output_writes_a_file_and_leaves_standard_output_empty(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py", "--format", "json", "--output", "report.json")
    assert run.out == ""
    assert json.loads((work / "report.json").read_text())[0]["file"] == "sales.py"


def test_several_targets_make_one_report(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py", "docs", "docs/reader.py", "--format", "json")
    assert sorted(run.tools) == ["read_database", "search_crm", "search_docs", "send_email", "write_file"]


def test_without_a_target_the_working_folder_is_scanned(work: Path) -> None:
    assert len(sentinel(work, "scan", "--format", "json").tools) == 5


def test_a_dash_reads_standard_input(work: Path) -> None:
    run = sentinel(work, "scan", "-", "--format", "json", stdin=SALES_TEAM.encode())
    assert run.entries[0]["file"] == "stdin.py"
    assert len(run.tools) == 4


LISTING = 'export const tools: Tool[] = [{ name: "list_users", inputSchema: { type: "object" } }];\n'


A_TEST = "\n\ndef test_it() -> None: ...\n"


def found_in(folder: Path, *options: str) -> int:
    """In how many files something was found."""
    entries = sentinel(folder, "scan", ".", "--format", "json", *options).entries
    return sum("left_out" not in entry for entry in entries)


def test_tests_and_vendored_folders_are_left_out_and_can_be_put_back(work: Path) -> None:
    write_tree(
        work,
        {
            "tests/test_a.py": READER + A_TEST,
            "test_b.py": READER + A_TEST,
            "screen.stories.tsx": 'import type { Meta } from "@storybook/react";\n' + LISTING,
            "screen.test.ts": LISTING + 'test("it", () => {});\n',
            "node_modules/x/index.py": READER,
            "env/pyvenv.cfg": "",
            "env/lib/agent.py": READER,
            ".git/hooks/hook.py": READER,
        },
    )
    assert found_in(work) == 2
    assert found_in(work, "--include-tests") == 2 + 4
    assert found_in(work, "--include-vendored") == 2 + 2
    assert "left out: " in sentinel(work, "scan", ".", "--verbose").err


def test_skips_are_relative_to_the_target(tmp_path: Path) -> None:
    inside = write_tree(tmp_path / "node_modules" / "tests" / "venv", {"agent.py": READER})
    assert sentinel(inside, "scan", ".", "--format", "json").tools == ["search_docs"]


def test_what_is_named_outright_is_read(work: Path) -> None:
    write_tree(work, {"tests/test_a.py": READER})
    assert sentinel(work, "scan", "tests/test_a.py", "--format", "json").tools == ["search_docs"]


def test_exclude_takes_globs(work: Path) -> None:
    assert sentinel(work, "scan", ".", "--format", "json", "--exclude", "docs/**").tools.count("search_docs") == 0
    assert sentinel(work, "scan", ".", "--format", "json", "--exclude", "reader.py").tools.count("search_docs") == 0
    assert "search_docs" in sentinel(work, "scan", ".", "--format", "json", "--exclude", "other/**").tools


def test_a_baseline_lets_only_new_findings_close_the_gate(work: Path) -> None:
    assert sentinel(work, "scan", ".", "--write-baseline", "known.json", "--fail-on", "LOW").code == 1
    run = sentinel(work, "scan", ".", "--baseline", "known.json", "--fail-on", "LOW", "--format", "json")
    assert run.code == 0
    assert {finding["suppressed"]["kind"] for finding in run.entries[-1]["findings"]} == {"baseline"}
    assert run.entries[-1]["posture_score"] == 35.0
    moved = SALES_TEAM.replace("@tool\ndef search_crm", "\n\n# moved\n@tool\ndef search_crm")
    write_tree(work, {"sales.py": moved})
    assert sentinel(work, "scan", ".", "--baseline", "known.json", "--fail-on", "LOW").code == 0
    write_tree(work, {"sales.py": SALES_TEAM.replace("write_file", "delete_file")})
    assert sentinel(work, "scan", ".", "--baseline", "known.json", "--fail-on", "LOW").code == 1


@pytest.mark.parametrize(
    ("arguments", "rules", "filtered"),
    [
        (["--severity", "CRITICAL"], ["EXFILTRATION_PATH"], {"severity": 2}),
        (["--severity", "low,Critical"], ["EXFILTRATION_PATH", "MISSING_RATE_LIMIT"], {"severity": 1}),
        (["--severity", "HIGH", "--severity", "LOW"], ["DANGEROUS_GRANTS", "MISSING_RATE_LIMIT"], {"severity": 1}),
        (["--rule", "DANGEROUS_GRANTS"], ["DANGEROUS_GRANTS"], {"rule": 2}),
        (["--rule", "dangerous_grants", "--severity", "LOW"], [], {"rule": 2, "severity": 1}),
        (["--agent", "reader.py", "--agent", "docs/*"], [], {"agent": 3}),
        (["--agent", "ag*t"], ["EXFILTRATION_PATH", "DANGEROUS_GRANTS", "MISSING_RATE_LIMIT"], None),
    ],
)
def test_filters_limit_what_is_reported_and_say_how_much_they_leave_out(
    work: Path, arguments: list[str], rules: list[str], filtered: dict[str, int] | None
) -> None:
    run = sentinel(work, "scan", ".", "--format", "json", *arguments)
    assert run.code == 0
    assert run.rules == rules
    assert run.entries[-1].get("filtered") == filtered
    scores = {entry["agent"]: entry["posture_score"] for entry in run.entries if "filtered" not in entry}
    assert scores.get("agent", 35.0) == 35.0


def test_the_gate_counts_only_what_the_filters_let_pass(work: Path) -> None:
    assert sentinel(work, "scan", ".", "--fail-on", "HIGH", "--severity", "LOW").code == 0
    assert sentinel(work, "scan", ".", "--fail-on", "HIGH", "--severity", "HIGH").code == 1
    assert sentinel(work, "scan", ".", "--fail-on", "LOW", "--agent", "docs/reader.py").code == 0


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_how_many_findings_were_filtered(work: Path, form: str) -> None:
    assert "filtered" in sentinel(work, "scan", ".", "--format", form, "--severity", "CRITICAL").out.lower()
    assert "filtered" not in sentinel(work, "scan", ".", "--format", form).out.lower()


def test_a_baseline_holds_what_is_reported_and_nothing_that_a_filter_hides(work: Path) -> None:
    sentinel(work, "scan", ".", "--rule", "MISSING_RATE_LIMIT", "--write-baseline", "known.json")
    assert [entry["rule"] for entry in json.loads((work / "known.json").read_text())["findings"]] == [
        "MISSING_RATE_LIMIT"
    ]


def test_since_a_commit_only_findings_in_changed_lines_are_reported_and_counted(work: Path) -> None:
    commit(work, {})
    run = sentinel(work, "scan", ".", "--since", "HEAD", "--fail-on", "LOW", "--format", "json")
    assert (run.code, run.rules, run.entries[-1]["filtered"]) == (0, [], {"since": 3})
    write_tree(work, {"sales.py": SALES_TEAM.replace('"""Read a table."""', '"""Read one table."""')})
    run = sentinel(work, "scan", ".", "--since", "HEAD", "--fail-on", "LOW", "--format", "json")
    assert (run.code, run.rules) == (1, ["EXFILTRATION_PATH"]), "the changed tool is one side of the path"
    write_tree(work, {"sales.py": SALES_TEAM, "new.py": SALES_TEAM.replace("agent =", "newcomer =")})
    run = sentinel(work, "scan", ".", "--since", "HEAD", "--format", "json")
    assert len(run.rules) == 3
    assert {entry["agent"] for entry in run.entries if entry["findings"]} == {"newcomer"}


def test_a_tool_that_an_unchanged_file_defines_is_seen_when_a_changed_one_grants_it(tmp_path: Path) -> None:
    tools = SALES_TEAM.partition("\n\nagent = ")[0]
    main = (
        "from langchain.agents import create_agent\nfrom tools import {0}\n\nagent = create_agent('m', tools=[{0}])\n"
    )
    work = commit(tmp_path / "work", {"tools.py": tools, "main.py": main.format("search_crm")})
    write_tree(work, {"main.py": main.format("search_crm, send_email")})
    run = sentinel(work, "scan", ".", "--since", "HEAD", "--format", "json")
    assert "EXFILTRATION_PATH" in run.rules


@pytest.mark.parametrize("ref", ["no-such-branch", "--upload-pack=x"])
def test_since_an_unknown_commit_or_outside_of_git_is_wrong_usage(work: Path, ref: str) -> None:
    run = sentinel(work, "scan", ".", f"--since={ref}")
    assert (run.code, run.out) == (2, "")
    assert "--since needs a git repository" in run.err
    commit(work, {})
    run = sentinel(work, "scan", ".", f"--since={ref}")
    assert (run.code, run.out) == (2, "")
    assert "is not a commit of this repository" in run.err


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["--rule", "NO_SUCH_RULE"], "CODE_EXECUTION_GRANT, DANGEROUS_GRANTS"),
        (["--rule", "AGENT_SILENT"], "CODE_EXECUTION_GRANT, DANGEROUS_GRANTS"),
        (["--severity", "HIGH,GRAVE"], "CRITICAL, HIGH, MEDIUM, LOW"),
        (["--agent", "nobody*"], "there are 'agent', 'docs/reader.py'"),
    ],
)
def test_a_filter_for_what_is_not_there_names_what_is(work: Path, arguments: list[str], known: str) -> None:
    run = sentinel(work, "scan", ".", *arguments)
    assert (run.code, run.out) == (2, "")
    assert known in run.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "xml"],
        ["--fail-on", "SEVERE"],
        ["--jobs", "0"],
        ["--no-such-flag"],
        ["missing.py"],
        ["--baseline", "missing.json"],
        ["--baseline", "sales.py"],
        ["--ignore-file", "missing"],
        ["--output", "no/such/folder/report"],
        ["--form", "json"],
    ],
)
def test_wrong_usage_is_2_with_one_clear_line(work: Path, arguments: list[str]) -> None:
    run = sentinel(work, "scan", *arguments)
    assert run.code == 2
    assert run.out == ""
    assert "Traceback" not in run.err
    assert run.err.strip().splitlines()[-1].startswith("sentinel scan: ")


def test_nothing_to_scan_is_3_and_no_clean_bill(tmp_path: Path) -> None:
    run = sentinel(write_tree(tmp_path / "work", {"README.md": "x"}), "scan", ".")
    assert run.code == 3
    assert "100/100" not in run.out
    assert "nothing could be scanned" in run.err


def test_a_closed_pipe_ends_quietly(work: Path) -> None:
    done = subprocess.run(
        f"{COMMAND} scan sales.py --fail-on LOW | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in ("1", "141")


def test_the_source_of_a_running_process_is_scanned(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "pyproject.toml").touch()
    (tmp_path / "p" / "tools.py").write_text(SALES_TEAM)
    with scripts(tmp_path / "p", {"agent.py": "import json"}) as processes:
        pid = processes["agent.py"].pid
        run = sentinel(tmp_path, "scan", "--pid", str(pid), "--format", "json")
    assert run.code == 0
    assert "send_email" in run.tools
    assert f"process {pid} (agent.py): {tmp_path / 'p'}" in run.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--pid", "99999999"], "there is no process 99999999"),
        (["--pid", "1", "agent.py"], "leave TARGET out"),
        (["--pid", "0"], "is not the id of a process"),
        (["--pid=-1"], "is not the id of a process"),
        (["--pid", "x"], "is not the id of a process"),
        (["--pid"], "expected one argument"),
    ],
)
def test_a_process_that_cannot_be_scanned_is_exit_code_2(tmp_path: Path, arguments: list[str], why: str) -> None:
    run = sentinel(tmp_path, "scan", *arguments)
    assert (run.code, run.out) == (2, "")
    assert why in run.err
