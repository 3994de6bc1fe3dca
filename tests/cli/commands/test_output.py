"""Writing of reports to standard output."""

import argparse
import io
import sys

import pytest

from agentsentinel_cli.commands.output import wants_color, write


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "*  CRITICAL - x -> y"), ("latin-1", "*  CRITICAL - x -> y"), ("utf-8", "🔴  CRITICAL — x → y")],
)
def test_symbols_are_replaced_where_the_encoding_has_none(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    write("🔴  CRITICAL — x → y")
    assert raw.getvalue().decode(encoding).replace(">", "->" if encoding != "utf-8" else ">") == shown


def test_lone_surrogates_are_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    write("a\udcffb")
    assert raw.getvalue() == b"a?b"


@pytest.mark.parametrize(
    ("output", "no_color", "variables", "is_colored"),
    [
        (None, False, {}, True),
        ("file", False, {}, False),
        (None, True, {}, False),
        (None, False, {"NO_COLOR": "1"}, False),
        (None, False, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, output: str | None, no_color: bool, variables: dict[str, str], is_colored: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_color(argparse.Namespace(output=output, no_color=no_color)) is is_colored
