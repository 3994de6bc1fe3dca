"""Lines of code at findings: the right line, the right place in it, and never a credential."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.excerpts import MOST_CHARS, MOST_EXCERPTS, add_excerpts, places_of
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Excerpt, Location, ScanFinding, ScannedAgent, ScanResult
from agentsentinel_core.findings import Severity

KEY = "sk-proj-" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z"
PASSWORD = "tR7-vQ2mZ9xL4bN8.cW1yK6pH3"
PRIVATE = "\n".join(
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEowIBAAKCAQEAx7Zf3Yw0q9Lr2vN8tB5uHcD1kXeGmJpAoSiRyTzWbVnQ4lU6",
        "-----END RSA PRIVATE KEY-----",
    ]
)


def finding(*places: tuple[int, int], path: str = "a.py") -> ScanFinding:
    where = tuple(Location(path, Place(line, column)) for line, column in places)
    return ScanFinding("TOOL_SPRAWL", Severity.HIGH, "t", "m", "d", ("a:b",), "high", where, "f", "d", (), "0")


def excerpts(data: bytes | None, *places: tuple[int, int], path: str = "a.py") -> list[Excerpt]:
    agent = ScannedAgent("a", path, Place(1), "", None, None, findings=[finding(*places, path=path)])
    result = ScanResult(targets=(path,), agents=[agent], skipped=[], left_out={}, files_read=1)
    add_excerpts(result, {path: data}.get)
    return list(result.excerpts.values())


@pytest.mark.parametrize(
    ("data", "line", "column", "text", "shown_column"),
    [
        (b"one\ntwo = 2\n", 2, 5, "two = 2", 5),
        (b"one\r\ntwo = 2\r\n", 2, 5, "two = 2", 5),
        (b"one\rtwo = 2\r", 2, 5, "two = 2", 5),
        (b"one\ntwo = 2", 2, 5, "two = 2", 5),
        (b"\xef\xbb\xbfone = 1\n", 1, 1, "one = 1", 1),
        ("größe = 'ä'\n".encode(), 1, 9, "größe = 'ä'", 9),
        ("größe = 'ä'\n".encode("latin-1"), 1, 9, "größe = 'ä'", 9),
        (b"    indented\n", 1, 1, "    indented", 5),
        (b"short\n", 1, 99, "short", 5),
        (b"\tone\x00\x1b[31m\n", 1, 2, "\tone\x00\x1b[31m", 2),
    ],
)
def test_the_line_is_that_of_an_editor_and_the_column_is_in_it(
    data: bytes, line: int, column: int, text: str, shown_column: int
) -> None:
    assert excerpts(data, (line, column)) == [Excerpt(text, shown_column)]


@pytest.mark.parametrize(("data", "line"), [(b"one\n\n", 2), (b"one\n   \n", 2), (b"one\n", 99), (b"", 1), (None, 1)])
def test_a_blank_or_missing_line_has_no_excerpt(data: bytes | None, line: int) -> None:
    assert excerpts(data, (line, 1)) == []


def test_at_most_three_places_of_a_finding_are_shown_and_each_once() -> None:
    places = [(line, 1) for line in (1, 1, 2, 3, 4, 5)]
    assert len(places_of(finding(*places))) == 5
    assert len(excerpts(b"x\n" * 9, *places)) == MOST_EXCERPTS == 3
    assert places_of(finding((0, 1))) == []


@pytest.mark.parametrize("column", [1, 200, 4_000])
def test_a_long_line_is_cut_on_both_sides_of_the_place(column: int) -> None:
    line = "".join(f"word{number:04} " for number in range(500))
    (excerpt,) = excerpts(line.encode(), (1, column))
    assert len(excerpt.text) <= MOST_CHARS
    assert excerpt.text.endswith("…")
    assert excerpt.text.startswith("…") is (column > 80)
    assert excerpt.text[excerpt.column - 1 :].startswith(line[column - 1 : column + 30].lstrip())


@pytest.mark.parametrize("column", [1, 10, 20, 60])
@pytest.mark.parametrize(
    "line",
    [
        f'key = "{KEY}"; send(key)',
        f'def send(text, password="{PASSWORD}"): ...',
        f'headers = {{"Authorization": "Bearer {KEY}"}}  # for the mail',
        f"url = 'postgres://app:{PASSWORD}@db.internal/app'",
    ],
)
def test_a_credential_is_masked_wherever_the_place_is(line: str, column: int) -> None:
    (excerpt,) = excerpts(line.encode(), (1, column))
    for secret in (KEY, PASSWORD):
        assert secret[:12] not in excerpt.text
        assert secret[-8:] not in excerpt.text
    assert "…" in excerpt.text


def test_the_column_follows_what_a_masked_credential_moves() -> None:
    line = f'send("{KEY}", to)'
    (excerpt,) = excerpts(line.encode(), (1, line.index("to)") + 1))
    assert excerpt.text == 'send("sk-proj-…", to)'
    assert excerpt.text[excerpt.column - 1 :] == "to)"
    (inside,) = excerpts(line.encode(), (1, line.index(KEY) + 20))
    assert inside.text[inside.column - 1 :].startswith("sk-proj-…")


def test_every_line_of_a_private_key_is_masked() -> None:
    data = f'KEY = """{PRIVATE}"""\n'.encode()
    shown = excerpts(data, (1, 1), (2, 1), (3, 1))
    assert shown[0].text == 'KEY = """-----BEGIN RSA PRIVATE KEY-----…'
    assert not any("MIIE" in excerpt.text or "Qp4lU6" in excerpt.text for excerpt in shown)


def test_a_line_of_a_notebook_is_that_of_its_json() -> None:
    data = b'{"cells": [\n   "@tool\\n",\n   "def f(): ...\\n"\n]}'
    assert excerpts(data, (2, 1), path="book.ipynb") == [Excerpt('   "@tool\\n",', 4)]


@given(st.binary(max_size=200), st.integers(0, 9), st.integers(1, 300))
def test_any_bytes_and_any_place_are_accepted(data: bytes, line: int, column: int) -> None:
    for excerpt in excerpts(data, (line, column)):
        assert 1 <= excerpt.column <= len(excerpt.text)
        assert "\n" not in excerpt.text


def test_in_a_large_file_credentials_are_masked_near_the_place_without_a_search_of_it_all() -> None:
    filler = "x = 1  # nothing to see here\n" * 40_000
    data = f'{filler}send(password="{PASSWORD}")\n{filler}'.encode()
    assert len(data) > 2 * 1024 * 1024
    assert excerpts(data, (40_001, 1)) == [Excerpt('send(password="tR7-vQ…")', 1)]
    assert excerpts(data.replace(b"\n", b" "), (1, len(filler) + 1))[0].text.count(PASSWORD[:12]) == 0
