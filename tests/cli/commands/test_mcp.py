"""`sentinel mcp` leads to its verbs."""

import pytest

from agentsentinel_cli.commands.mcp import VERBS, run


def test_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb}" in shown and what in shown for verb, (_, what) in VERBS.items())


@pytest.mark.parametrize("arguments", [[], ["lst"], ["--format", "json"]])
def test_another_word_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments", [["list", "--format", "xml"], ["list", "x"]])
def test_a_verb_checks_its_own_options(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 2
