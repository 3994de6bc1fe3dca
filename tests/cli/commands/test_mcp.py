"""`sentinel mcp` leads to its verbs."""

import pytest

from agentsentinel_cli.commands.mcp import VERBS, run


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_a_verb_it_lists_them(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["call"])
    assert left.value.code == 2
    assert "'call'" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_its_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run([verb, "--help"])
    assert left.value.code == 0
    assert f"sentinel mcp {verb}" in capsys.readouterr().out
