"""`sentinel shim` hands its arguments to the package of that name, when it is installed."""

import sys

import pytest

from agentsentinel_cli.commands.shim import run
from agentsentinel_shim import command


def test_arguments_and_the_exit_code_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []

    def answer(arguments: list[str]) -> int:
        given.append(arguments)
        return 7

    monkeypatch.setattr(command, "run", answer)
    assert run(["--", "server", "--flag"]) == 7
    assert given == [["--", "server", "--flag"]]


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "agentsentinel_shim.command", None)
    assert run(["--", "server"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "agentsentinel-cli[shim]" in shown.err
