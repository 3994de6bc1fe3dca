"""The report for people: what it says, its width, its signs and its colour."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from cli.scan.support import COMMAND, READER, SALES_AGENT, SALES_TEAM, sentinel, write_tree


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


def test_verbose_says_why(work: Path) -> None:
    assert "'send' is an act" in sentinel(work, "scan", "sales.py", "--verbose").out
    assert "'send' is an act" not in sentinel(work, "scan", "sales.py").out


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


def on_a_terminal(folder: Path, arguments: list[str], env: dict[str, str]) -> bytes:
    """Run the command on a pseudo-terminal, and return all that it writes."""
    controller, terminal = pty.openpty()
    variables = (
        {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        | {"TERM": "xterm"}
        | env
    )
    with subprocess.Popen(
        [str(COMMAND), *arguments], cwd=folder, stdout=terminal, stderr=terminal, env=variables
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
    return shown


@pytest.mark.parametrize(
    ("arguments", "env", "colored"), [([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False)]
)
def test_a_terminal_gets_colour_unless_told_otherwise(
    work: Path, arguments: list[str], env: dict[str, str], colored: bool
) -> None:
    shown = on_a_terminal(work, ["scan", "sales.py", *arguments], env)
    assert (b"\x1b[" in shown) is colored
    assert b"35/100" in shown


def test_the_text_report_says_each_thing_once(tmp_path: Path) -> None:
    told = sentinel(write_tree(tmp_path / "w", {"agent.py": SALES_AGENT}), "scan", "agent.py").out
    assert "Internal-read: read_database, search_crm" in told
    assert "No rate limit:" not in told, "the message has named the tools"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_the_signs_of_the_report_gets_plain_ones(tmp_path: Path, encoding: str) -> None:
    folder = write_tree(tmp_path / "w", {"agent.py": SALES_AGENT})
    told = sentinel(folder, "scan", "agent.py", env={"PYTHONIOENCODING": encoding}).out
    assert "?" not in told
    assert told.startswith("+----")
    assert "#######............." in told


def team(number: int) -> str:
    """Return the source of an agent with four tools and three findings."""
    return SALES_TEAM.replace("agent = create_agent(", f"agent_{number} = create_agent(")


def test_one_agent_is_shown_with_its_tools_its_places_and_what_to_do(tmp_path: Path) -> None:
    told = sentinel(write_tree(tmp_path / "w", {"agent.py": SALES_AGENT}), "scan", "agent.py").out
    start = told.index("  ● HIGH      DANGEROUS_GRANTS")
    assert (
        told[start : told.index("  ● LOW")]
        == """\
  ● HIGH      DANGEROUS_GRANTS
             Agent holds dangerous tool grants. Verify intent and add rate
             limits.
             Dangerous: send_email
             --> agent.py:19:1
             19 │ def send_email(to: str, text: str) -> str:
                │ ^ tool send_email
             → Keep only those the agent needs, let a person approve each call,
               and limit how often they can be called.

"""
    )
    assert "write    send_email      ⚠ dangerous  line 19" in told
    assert "What to do" not in told


def test_of_many_agents_the_findings_are_shown_and_then_a_line_for_each(tmp_path: Path) -> None:
    files = {f"teams/agent_{number}.py": team(number) for number in range(3)} | {"reader.py": READER}
    told = sentinel(write_tree(tmp_path / "w", files), "scan", ".").out
    assert "Scope    Tool" not in told
    assert [told.count(f"--> teams/agent_1.py:{line}:1") for line in (7, 13, 19)] == [1, 0, 1]
    assert told.count("MISSING_RATE_LIMIT  Dangerous tools") == 3
    assert told.count("→ Keep only those the agent needs") == 1
    table = told[told.index("  Score  Status    Findings  Agent") :].splitlines()[2:6]
    assert table == [
        "     35  CRITICAL         3  agent_0  teams/agent_0.py:30",
        "     35  CRITICAL         3  agent_1  teams/agent_1.py:30",
        "     35  CRITICAL         3  agent_2  teams/agent_2.py:30",
        "    100  TRUSTED          ·  Tools of reader.py",
    ]


def test_the_worst_of_many_agents_is_first(tmp_path: Path) -> None:
    files = {"a.py": READER, "b.py": team(1).replace("read_database, send_email, ", ""), "c.py": team(2)}
    told = sentinel(write_tree(tmp_path / "w", files), "scan", ".").out
    assert told.index("Agent agent_2") < told.index("Tools of b.py")
    table = told[told.index("  Score  Status") :].splitlines()[2:6]
    assert [row.split()[3:] for row in table] == [
        ["agent_2", "c.py:30"],
        ["Tools", "of", "b.py"],
        ["Tools", "of", "a.py"],
        ["agent_1", "b.py:30"],
    ]


def test_verbose_shows_each_of_many_agents_with_its_tools(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"a.py": team(1), "b.py": team(2)})
    told = sentinel(folder, "scan", ".", "--verbose").out
    assert told.count("Scope    Tool") == 2
    assert told.count("→ Keep only those the agent needs") == 2


def test_a_suppressed_finding_among_many_is_one_line(tmp_path: Path) -> None:
    folder = write_tree(
        tmp_path / "w", {"a.py": team(1), "b.py": team(2), ".sentinelignore": "* a.py reviewed on Monday\n"}
    )
    told = sentinel(folder, "scan", ".").out
    assert "● CRITICAL  EXFILTRATION_PATH  suppressed (reviewed on Monday; .sentinelignor" in told
    assert "--> a.py" not in told


def test_paths_never_break_at_any_width(tmp_path: Path) -> None:
    path = "/".join(["a_folder_with_a_long_name"] * 5) + "/agent.py"
    folder = write_tree(tmp_path / "w", {path: team(1), "b.py": team(2), ".sentinelignore": f"* {path} fine\n"})
    for arguments in (["."], [path], [".", "--verbose"]):
        told = sentinel(folder, "scan", *arguments, env={"COLUMNS": "80"}).out
        assert told.count("/agent.py") == told.count(path) > 0


def test_places_are_links_on_a_terminal_that_shows_them_and_nowhere_else(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"a.py": team(1), "b.py": team(2)})
    env = {"TERM": "xterm-kitty", "NO_COLOR": "1", "XDG_CACHE_HOME": str(tmp_path / "cache"), "COLUMNS": "80"}
    for _ in range(2):  # the second time from the cache
        shown = on_a_terminal(folder, ["scan", "."], env).decode()
        assert f"--> \x1b]8;;file://{folder}/a.py\x1b\\a.py:7:1\x1b]8;;\x1b\\" in shown
        assert "\x1b[" not in shown
        assert "\x1b" not in on_a_terminal(folder, ["scan", "."], env | {"TERM": "dumb"}).decode()
    assert "\x1b" not in sentinel(folder, "scan", ".", env=env).out


def test_colour_can_be_forced_into_a_pipe_and_links_can_not(work: Path) -> None:
    told = sentinel(work, "scan", "sales.py", env={"FORCE_COLOR": "1", "TERM": "xterm-kitty"}).out
    assert "\x1b[1;31m" in told
    assert "\x1b]8" not in told
