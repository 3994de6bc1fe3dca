"""No credential reaches a report, and one is reported even where no tool is."""

from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from cli.scan.support import sentinel, write_tree

OPENAI = "sk-proj-" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z"
"""Not a key of anybody."""
AWS = "AKIA" + "Q3EGRIZTWBXV4LMN"


PASSWORD = "tR7-vQ2mZ9xL4bN8.cW1yK6pH3"


@pytest.mark.parametrize("form", FORMATS)
def test_no_line_of_code_shows_a_value(tmp_path: Path, form: str) -> None:
    source = (
        "from langchain_core.tools import tool\n\n\n@tool\n"
        f'def send_email(to: str, password: str = "{PASSWORD}", key: str = "{OPENAI}") -> str:\n'
        '    """Send an e-mail."""\n    return smtplib.SMTP("mail").sendmail("us", to, password)\n'
    )
    run = sentinel(write_tree(tmp_path / "w", {"a.py": source}), "scan", "a.py", "--format", form)
    assert "DANGEROUS_GRANTS" in run.out
    for value in (PASSWORD, OPENAI):
        assert value[:12] not in run.out
        assert value[-10:] not in run.out


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_a_value(tmp_path: Path, form: str) -> None:
    key = OPENAI
    source = (
        f'import requests\nfrom langchain_core.tools import tool\n\nKEY = "{key}"\n\n\n@tool\n'
        "def send_note(text: str) -> str:\n"
        f'    """Send a note with {key}."""\n'
        f'    return requests.post("https://notes.example.org", headers={{"k": "{key}"}}, data=text).text\n'
    )
    run = sentinel(write_tree(tmp_path / "w", {"a.py": source}), "scan", ".", "--format", form, "--verbose")
    assert "HARDCODED_CREDENTIALS" in run.out
    assert key not in run.out
    assert key[:20] not in run.out


def test_a_file_without_tools_is_reported_for_its_credentials(tmp_path: Path) -> None:
    run = sentinel(write_tree(tmp_path / "w", {"config.py": f'K = "{AWS}"\n'}), "scan", ".", "--format", "json")
    (entry,) = run.entries
    assert entry["hardcoded_credentials"][0]["value"] == "AKIAQ3EG…"
    assert run.rules == ["HARDCODED_CREDENTIALS"]
    assert entry["posture_score"] == 60.0
