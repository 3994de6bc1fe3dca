"""The outline of a message is what a full parse would give near its top, in whatever pieces it comes."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.outline import OutlineReader

NAMES = st.sampled_from(["id", "result", "isError", 'qu"ote', "back\\slash", "é", "taskId"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner), max_leaves=20)


def near_the_top(members: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    """Return the scalars at the first two levels."""
    outline: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, dict) and depth < 2:
            if inner := near_the_top(value, depth + 1):
                outline[name] = inner
        elif value is not None and not isinstance(value, dict | list):
            outline[name] = value
    return outline


@given(st.dictionaries(NAMES, VALUES), st.booleans(), st.integers(1, 40), st.sampled_from([None, 2]))
def test_the_outline_is_what_a_full_parse_gives_near_the_top(
    members: dict[str, Any], is_ascii: bool, size: int, indent: int | None
) -> None:
    data = json.dumps(members, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "surrogatepass")
    reader = OutlineReader()
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    assert reader.message() == near_the_top(json.loads(data))


@given(st.lists(st.binary()))
def test_no_bytes_raise(pieces: list[bytes]) -> None:
    reader = OutlineReader()
    for piece in pieces:
        reader.feed(piece)
    reader.message()


def test_a_long_value_takes_no_memory() -> None:
    reader = OutlineReader()
    reader.feed(b'{"id":7,"result":{"text":"')
    for _ in range(1000):
        reader.feed(b"x\\n" * 1000)
    reader.feed(b'","isError":true}}')
    assert reader.message() == {"id": 7, "result": {"isError": True}}
