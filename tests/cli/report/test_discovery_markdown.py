"""The Markdown report of a discovery."""

from agentsentinel_cli.report.discovery_markdown import render
from cli.report.discoveries import hostile, sample


def test_each_vector_has_a_table() -> None:
    shown = render(sample())
    assert "**4 agents found · 1 CRITICAL · 1 HIGH · 1 MEDIUM · 1 LOW**" in shown
    assert [line for line in shown.splitlines() if line.startswith("###")] == [
        "### Process",
        "### Network",
        "### Subnet",
    ]
    row = next(line for line in shown.splitlines() if line.startswith("| CRITICAL"))
    assert "OPENAI\\_API\\_KEY=sk-proj-...wcgA" in row
    assert row.endswith("| sentinel scan --pid 62508 |")


def test_texts_that_deceive_stay_in_their_cell() -> None:
    lines = render(hostile()).splitlines()
    rows = [line for line in lines if line.startswith("| CRITICAL")]
    assert len(rows) == 4
    assert all(row.replace("\\|", "").count("|") == 7 for row in rows)
    assert not any("<b>" in row.replace("\\<b\\>", "") or "\x1b" in row for row in lines)


def test_what_was_not_looked_at_is_listed() -> None:
    found = sample()
    found.notices.append("containers were not looked at: docker is not installed")
    found.is_partial = True
    shown = render(found)
    assert "- containers were not looked at: docker is not installed" in shown
    assert "interrupted" in shown
