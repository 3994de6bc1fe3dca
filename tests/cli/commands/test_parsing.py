"""All verbs read their arguments alike and keep to the width of the terminal."""

import pytest

from agentsentinel_cli import __version__
from agentsentinel_cli.commands.parsing import parser, terminal_width


@pytest.mark.parametrize(
    ("columns", "width"), [("100", 100), ("60", 60), ("59", 60), ("121", 120), ("9999", 120), ("-5", 60), ("wide", 80)]
)
def test_the_width_is_that_of_the_terminal_within_bounds(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == width


def test_an_option_must_be_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    made = parser("sentinel try", "Try.")
    made.add_argument("--format")
    assert made.parse_args(["--format", "json"]).format == "json"
    with pytest.raises(SystemExit) as left:
        made.parse_args(["--form", "json"])
    assert left.value.code == 2
    assert "sentinel try: error: unrecognized arguments: --form json" in capsys.readouterr().err


def test_every_parser_knows_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parser("sentinel try", "Try.").parse_args(["-V"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"sentinel {__version__}\n"


def test_the_epilog_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser("sentinel try", "Try.", "one\n  two").parse_args(["--help"])
    assert capsys.readouterr().out.endswith("one\n  two\n")
