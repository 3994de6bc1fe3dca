"""Servers of clients as a table: widths, colours, and words; the whole output is in test_mcp_list.py."""

from pathlib import Path

import pytest

from agentsentinel_cli.clients import ClientAgent, ClientInventory, ClientServer
from agentsentinel_cli.report.clients_report import as_text
from agentsentinel_cli.report.words import width


def inventory(*names: str) -> ClientInventory:
    servers = tuple(
        ClientServer(name, "user", "", str(Path("~/x") / ("d" * 150)), "stdio", "\u4e2d" * 99, None, True, False)
        for name in names
    )
    return ClientInventory((ClientAgent("cursor", "Cursor", (), servers, (), (), ()),), ())


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    shown = as_text(inventory("a", "\u4e2d" * 40, "n" * 200), columns, has_color=False)
    assert max(width(line) for line in shown.splitlines()) <= columns
    assert "…" in shown


def test_colours_are_used_when_they_are_wanted_only() -> None:
    assert "\x1b[1mCursor\x1b[0m" in as_text(inventory("a"), 80, has_color=True)
    assert "\x1b" not in as_text(inventory("a"), 80, has_color=False)
