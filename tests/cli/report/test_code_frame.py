"""A place in the source: its address, its line, and a caret under it."""

import pytest

from agentsentinel_cli.report.code_frame import code_frames
from agentsentinel_cli.report.style import Style
from agentsentinel_cli.report.words import width
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Excerpt, Location, ScanFinding, ScanResult
from agentsentinel_core.findings import Severity


def frames(*entries: tuple[Location, Excerpt | None], columns: int = 80, most: int = 3) -> list[str]:
    places = tuple(where for where, _ in entries)
    found = ScanFinding("TOOL_SPRAWL", Severity.HIGH, "t", "m", "d", ("a:b",), "high", places, "f", "d", (), "0")
    result = ScanResult(targets=("a.py",), agents=[], skipped=[], left_out={}, files_read=1)
    result.excerpts = {
        (at.path, at.place.line, at.place.column): excerpt for at, excerpt in entries if excerpt is not None
    }
    return list(code_frames(found, result, Style(has_color=False, columns=columns, is_verbose=False), "  ", most))


def at(line: int, column: int, note: str = "", path: str = "a.py") -> Location:
    return Location(path, Place(line, column), note)


def test_a_place_is_shown_as_a_compiler_does() -> None:
    assert frames((at(120, 9, "tool send_email"), Excerpt("    def send_email(to): ...", 9))) == [
        "  --> a.py:120:9",
        "  120 │ def send_email(to): ...",
        "      │     ^ tool send_email",
    ]


def test_notes_on_one_place_stand_at_one_caret_by_kind() -> None:
    names = ["grant a", "grant b", "grant c", "grant d", "grant e", "tool x"]
    shown = frames(*((at(3, 1, note), Excerpt("tools=TOOLS", 1)) for note in names))
    assert shown == ["  --> a.py:3:1", "  3 │ tools=TOOLS", "    │ ^ grant a, b, c, d and 1 more, tool x"]


def test_further_places_are_counted() -> None:
    entries = [(at(line, 1), Excerpt("x", 1)) for line in range(1, 6)]
    assert frames(*entries, most=4)[-1] == "  and 1 more place"
    assert frames(*entries, most=1)[-1] == "  and 4 more places"
    assert frames(*entries, most=5)[-1] == "    │ ^"


def test_a_place_without_a_line_to_show_is_its_address_alone() -> None:
    assert frames((at(3, 1, "tool x"), None)) == ["  --> a.py:3:1"]
    assert frames((at(0, 1, "tool x", "https://mcp.example"), None)) == []


@pytest.mark.parametrize(
    ("text", "column", "shown", "caret"),
    [
        ("a\tb", 3, "a b", 2),
        ("a\x1b[31mb", 7, "a\\x1b[31mb", 9),
        ("a\u202eb", 3, "a\\u202eb", 7),
        ("你好 = 1", 4, "你好 = 1", 5),
    ],
)
def test_hidden_characters_are_shown_and_the_caret_stays_under_its_character(
    text: str, column: int, shown: str, caret: int
) -> None:
    lines = frames((at(1, column), Excerpt(text, column)))
    assert lines[1] == f"  1 │ {shown}"
    assert lines[2] == f"    │ {' ' * caret}^"


@pytest.mark.parametrize("column", [1, 40, 100, 200])
@pytest.mark.parametrize("char", ["x", "你", "\x1b"])
def test_a_long_line_keeps_to_the_columns_and_shows_its_place(column: int, char: str) -> None:
    text = char * (column - 1) + "HERE" + char * 200
    lines = frames((at(1, column, "tool " + "n" * 90), Excerpt(text, column)))
    assert max(width(line) for line in lines) <= 80
    before = lines[2].index("^")
    assert width(lines[1].partition("HERE")[0]) == before


def test_a_label_without_room_beside_its_caret_has_a_line_of_its_own() -> None:
    lines = frames((at(1, 50, "tool send_email"), Excerpt("x" * 49 + "y", 50)), columns=60)
    assert lines[2:] == [f"    │ {' ' * 49}^", "    │ tool send_email"]


def test_a_long_path_overflows_instead_of_breaking() -> None:
    path = "/".join(["a-long-folder"] * 12) + "/agent.py"
    assert frames((at(1, 1, path=path), Excerpt("x", 1)))[0] == f"  --> {path}:1:1"
