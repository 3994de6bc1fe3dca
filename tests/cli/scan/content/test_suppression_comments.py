"""Inline suppressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.content.suppression_comments import find_ignores


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "a.py",
            "x = 1  # sentinel: ignore[MISSING_RATE_LIMIT] the gateway limits it\n",
            (("MISSING_RATE_LIMIT",), "the gateway limits it"),
        ),
        (
            "a.py",
            "# sentinel: ignore[TOOL_SPRAWL, PRIVILEGE_EXCESS]: agreed in review\n",
            (("TOOL_SPRAWL", "PRIVILEGE_EXCESS"), "agreed in review"),
        ),
        ("a.py", "# sentinel: ignore\n", ((), "")),
        (
            "a.ts",
            "server.tool('x'); // sentinel: ignore[DANGEROUS_GRANTS] sandboxed\n",
            (("DANGEROUS_GRANTS",), "sandboxed"),
        ),
        ("a.ts", "/* sentinel: ignore[DANGEROUS_GRANTS] sandboxed */\n", (("DANGEROUS_GRANTS",), "sandboxed")),
        ("a.ipynb", '   "# sentinel: ignore[TOOL_SPRAWL] a notebook\\n",\n', (("TOOL_SPRAWL",), "a notebook")),
    ],
)
def test_a_comment_names_rules_and_gives_a_reason(path: str, text: str, expected: tuple[tuple[str, ...], str]) -> None:
    assert find_ignores(path, ("first line\n" + text).encode()) == ((2, *expected),)


def test_other_comments_say_nothing() -> None:
    assert find_ignores("a.py", b"# sentinels are ignored\nsentinel: ignore = 1\n# noqa\n") == ()


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    find_ignores("a.py", data + b"# sentinel: ignore[")
