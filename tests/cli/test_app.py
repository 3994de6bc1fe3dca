"""The entry point of the `sentinel` command."""

from typer.testing import CliRunner

from agentsentinel_cli import __version__
from agentsentinel_cli.app import app


def test_the_command_says_its_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"sentinel {__version__}\n")


def test_without_a_verb_the_command_shows_its_help() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert "Usage" in result.output
