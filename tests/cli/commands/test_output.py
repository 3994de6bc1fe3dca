"""Writing of reports to standard output."""

import argparse
import io
import sys

import pytest

from agentsentinel_cli.commands.output import wants_color, wants_links, write


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


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, is_terminal: bool = True) -> None:
    """Set what output sees of its terminal: these variables, and none of the real one's."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    ours = ("DOMTERM", "WT_SESSION", "KONSOLE_VERSION", "VTE_VERSION", "TERM_PROGRAM", "COLORTERM", "FORCE_HYPERLINK")
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", *ours):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("is_terminal", "output", "no_color", "variables", "is_colored"),
    [
        (True, None, False, {}, True),
        (True, "file", False, {}, False),
        (True, None, True, {}, False),
        (True, None, False, {"NO_COLOR": "1"}, False),
        (True, None, False, {"TERM": "dumb"}, False),
        (True, None, False, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (False, None, False, {}, False),
        (False, None, False, {"FORCE_COLOR": "1"}, True),
        (False, None, False, {"FORCE_COLOR": "3"}, True),
        (False, None, False, {"FORCE_COLOR": ""}, False),
        (False, None, False, {"FORCE_COLOR": "0"}, False),
        (False, None, False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (False, None, True, {"FORCE_COLOR": "1"}, False),
        (False, "file", False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it_and_where_it_is_forced(
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,
    output: str | None,
    no_color: bool,
    variables: dict[str, str],
    is_colored: bool,
) -> None:
    on_a_terminal(monkeypatch, variables, is_terminal=is_terminal)
    assert wants_color(argparse.Namespace(output=output, no_color=no_color)) is is_colored


@pytest.mark.parametrize(
    ("variables", "has_links"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM_PROGRAM": "vscode", "TERM": "xterm-256color"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"WT_SESSION": "1f2e"}, True),
        ({"VTE_VERSION": "4999"}, False),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "new"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"}, False),
        ({"NO_COLOR": "1", "TERM": "xterm-kitty"}, True),
        ({"TERM": "dumb", "WT_SESSION": "1f2e"}, False),
        ({"TERM": "dumb", "FORCE_HYPERLINK": "1"}, False),
    ],
)
def test_paths_are_links_on_terminals_that_show_them(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], has_links: bool
) -> None:
    on_a_terminal(monkeypatch, variables)
    assert wants_links(argparse.Namespace(output=None, no_color=True)) is has_links
    assert not wants_links(argparse.Namespace(output="file", no_color=False))
    on_a_terminal(monkeypatch, variables, is_terminal=False)
    assert not wants_links(argparse.Namespace(output=None, no_color=False))
