import re

import pytest

from agentsentinel_core.lazy_regex import lazy_compile


def test_a_late_pattern_searches_as_a_compiled_one() -> None:
    pattern = lazy_compile(r"(?P<word>a+)b", re.IGNORECASE)

    assert pattern.search("xAAb")["word"] == "AA"  # type: ignore[index]
    assert pattern.sub("-", "ab aab") == "- -"
    assert [match[0] for match in pattern.finditer("ab Ab")] == ["ab", "Ab"]
    assert pattern.groupindex == {"word": 1}
    assert lazy_compile(rb"\d").search(b"a1") is not None


def test_a_wrong_pattern_shows_when_it_is_first_used() -> None:
    pattern = lazy_compile("(")

    with pytest.raises(re.error):
        pattern.search("x")
