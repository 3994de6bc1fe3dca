"""Lines are wrapped between words, and colours are signs that may be left out."""

from agentsentinel_cli.report.style import BAND_COLORS, COLORS, Style, wrapped
from agentsentinel_core.findings import Severity
from agentsentinel_core.trust.bands import TrustBand

PLAIN = Style(has_color=False, columns=60, is_verbose=False)


def test_every_severity_and_band_has_a_colour() -> None:
    assert set(COLORS) == {severity.value for severity in Severity}
    assert set(BAND_COLORS) == {band.value for band in TrustBand}


def test_colour_is_added_only_where_it_is_wanted() -> None:
    assert PLAIN.paint("x", "31") == "x"
    assert Style(has_color=True, columns=60, is_verbose=False).paint("x", "31") == "\x1b[31mx\x1b[0m"


def test_words_stay_whole_and_longer_paths_overflow() -> None:
    path = "deep/" * 20 + "agent.py:12:1"
    lines = list(wrapped(f"suppressed (reviewed by two people; {path}) and more words after it", PLAIN, "  "))
    assert [line for line in lines if len(line) > 60] == [f"  {path})"]
    assert all(line.startswith("  ") for line in lines)


def test_a_name_that_is_longer_than_a_line_is_broken() -> None:
    lines = list(wrapped("Dangerous: " + "y" * 500, PLAIN, "  "))
    assert max(map(len, lines)) <= 60
    assert "".join(lines).count("y") == 500


def test_following_lines_may_hang() -> None:
    lines = list(wrapped("word " * 30, PLAIN, "  ", hanging="    "))
    assert lines[0].startswith("  word")
    assert all(line.startswith("      word") for line in lines[1:])


def test_a_path_links_to_its_file_and_its_name_cannot_end_the_link() -> None:
    style = Style(has_color=False, columns=60, is_verbose=False, links_from="/work tree")
    assert style.link("a b.py:1", "agents/a b.py") == (
        "\x1b]8;;file:///work%20tree/agents/a%20b.py\x1b\\a b.py:1\x1b]8;;\x1b\\"
    )
    assert "\x1b\\x" not in style.link("x", "a\x1b\\x\x07.py").partition("\x1b\\")[0]
    assert PLAIN.link("a.py:1", "a.py") == "a.py:1"
