"""Each flag of `sentinel scan`, by running the command."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from agentsentinel_cli.commands.scan import FORMATS
from cli.scan.support import COMMAND, READER, SALES_AGENT, sentinel, write_tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a folder with one risky and one harmless file."""
    return write_tree(tmp_path / "work", {"sales.py": SALES_AGENT, "docs/reader.py": READER})


def test_the_sample_of_the_specification_scores_35_with_its_three_findings(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py")
    assert run.code == 0
    assert "Posture Score   35/100  ███████░░░░░░░░░░░░░  CRITICAL" in run.out
    lines = run.out.splitlines()
    assert lines[0] == "╭─────────────────────────────────────────────╮"
    assert lines[1] == "│  AgentSentinel Security Scan                │"
    assert lines[2] == "│  Target: sales.py                           │"
    assert [line.split()[1:3] for line in lines if "●" in line] == [
        ["CRITICAL", "EXFILTRATION_PATH"],
        ["HIGH", "DANGEROUS_GRANTS"],
        ["LOW", "MISSING_RATE_LIMIT"],
    ]
    assert "Internal-read: read_database, search_crm | External-write: send_email" in " ".join(run.out.split())


@pytest.mark.parametrize(("level", "code"), [("CRITICAL", 1), ("high", 1), ("MEDIUM", 1), ("LOW", 1)])
def test_the_gate_closes_at_its_level(work: Path, level: str, code: int) -> None:
    assert sentinel(work, "scan", "sales.py", "--fail-on", level).code == code
    assert sentinel(work, "scan", "docs", "--fail-on", level).code == 0


def test_the_report_is_the_same_twice_and_with_a_warm_cache(work: Path) -> None:
    write_tree(work, {f"more/agent_{number}.py": SALES_AGENT for number in range(9)})
    for form in FORMATS:
        cold = sentinel(work, "scan", ".", "--format", form)
        assert cold.out == sentinel(work, "scan", ".", "--format", form).out
        assert cold.out == sentinel(work, "scan", ".", "--format", form, "--no-cache").out


def test_json_keeps_the_known_keys_and_says_where_each_tool_is(work: Path) -> None:
    (entry,) = sentinel(work, "scan", "sales.py", "--format", "json").entries
    known = {"file", "model", "description", "hardcoded_credentials", "tools", "findings", "posture_score", "status"}
    assert known <= set(entry)
    assert (entry["posture_score"], entry["status"]) == (35.0, "CRITICAL")
    mail = next(tool for tool in entry["tools"] if tool["name"] == "send_email")
    assert (mail["scope"], mail["is_dangerous"], mail["category"]) == ("write", True, "communication")
    assert (mail["source"], mail["line"]) == ("sales.py", 19) or (mail["source"], mail["line"]) == ("sales.py", 18)
    assert mail["reasons"]
    worst = entry["findings"][0]
    assert {"severity", "rule_id", "message", "detail", "confidence", "fix", "docs", "owasp", "atlas"} <= set(worst)
    assert worst["locations"][0]["line"] > 1


def test_output_writes_a_file_and_leaves_standard_output_empty(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py", "--format", "json", "--output", "report.json")
    assert run.out == ""
    assert json.loads((work / "report.json").read_text())[0]["file"] == "sales.py"


def test_verbose_says_why(work: Path) -> None:
    assert "'send' is an act" in sentinel(work, "scan", "sales.py", "--verbose").out
    assert "'send' is an act" not in sentinel(work, "scan", "sales.py").out


def test_several_targets_make_one_report(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py", "docs", "docs/reader.py", "--format", "json")
    assert sorted(run.tools) == ["read_database", "search_crm", "search_docs", "send_email", "write_file"]


def test_without_a_target_the_working_folder_is_scanned(work: Path) -> None:
    assert len(sentinel(work, "scan", "--format", "json").tools) == 5


def test_a_dash_reads_standard_input(work: Path) -> None:
    run = sentinel(work, "scan", "-", "--format", "json", stdin=SALES_AGENT.encode())
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
    moved = SALES_AGENT.replace("@tool\ndef search_crm", "\n\n# moved\n@tool\ndef search_crm")
    write_tree(work, {"sales.py": moved})
    assert sentinel(work, "scan", ".", "--baseline", "known.json", "--fail-on", "LOW").code == 0
    write_tree(work, {"sales.py": SALES_AGENT.replace("write_file", "delete_file")})
    assert sentinel(work, "scan", ".", "--baseline", "known.json", "--fail-on", "LOW").code == 1


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


def test_a_clean_file_is_0(work: Path) -> None:
    write_tree(work, {"plain.py": "print(1)\n"})
    run = sentinel(work, "scan", "plain.py")
    assert run.code == 0
    assert "No tools, agents or credentials were found." in run.out


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_text_keeps_to_its_columns(work: Path, columns: str) -> None:
    run = sentinel(work, "scan", ".", env={"COLUMNS": columns})
    assert max(len(line) for line in run.out.splitlines()) <= int(columns)


def test_piped_text_has_no_colour() -> None:
    assert "\x1b" not in sentinel(Path.cwd(), "scan", str(Path(__file__).parent / "support.py")).out


@pytest.mark.parametrize(
    ("arguments", "env", "colored"), [([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False)]
)
def test_a_terminal_gets_colour_unless_told_otherwise(
    work: Path, arguments: list[str], env: dict[str, str], colored: bool
) -> None:
    controller, terminal = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"} | env
    with subprocess.Popen(
        [str(COMMAND), "scan", "sales.py", *arguments], cwd=work, stdout=terminal, stderr=terminal, env=variables
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                block = os.read(controller, 65536)
            except OSError:
                break
            if not block:
                break
            shown += block
        process.wait()
    os.close(controller)
    assert (b"\x1b[" in shown) is colored
    assert b"35/100" in shown


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


@pytest.mark.parametrize("verb", [["--help"], ["scan", "--help"], ["rules", "--help"], ["explain", "--help"]])
def test_help_is_0(work: Path, verb: list[str]) -> None:
    run = sentinel(work, *verb)
    assert run.code == 0
    assert run.out.lower().startswith("usage: sentinel")


def test_rules_lists_the_catalogue_and_explain_shows_a_page(work: Path) -> None:
    listed = sentinel(work, "rules").out
    rows = json.loads(sentinel(work, "rules", "--format", "json").out)
    assert len(rows) == 18
    for row in rows:
        assert row["rule_id"] in listed
        page = sentinel(work, "explain", row["rule_id"].lower().replace("_", "-"))
        assert page.code == 0
        assert "What to do" in page.out
    assert sentinel(work, "explain", "NO_SUCH_RULE").code == 2
