"""The prefilter on bytes lets every file pass that may hold a credential."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret
from agentsentinel_cli.scan.content.credentials import find_secrets

SHAPES = [
    "ghp_" + "q7Lm2Xv9Rt4Wz8Kp1Bn6Yc3Hs5Df0Gj7Ea9U",
    "AKIA" + "Q7LM2XV4RT5WZ3KP",
    "glpat-" + "q7Lm2Xv9Rt4Wz8Kp1Bn6",
    "hf_" + "qLmXvRtWzKpBnYcHsDfGjEaUiOtPlQwXzN",
]
"""Values in the formats of four providers."""


def test_a_file_of_plain_code_needs_no_closer_look() -> None:
    code = b"def add(a: int, b: int) -> int:\n    return a + b\n" * 200
    assert not may_hold_secret(code)


@pytest.mark.parametrize("quote", ["'", '"', "`"])
@pytest.mark.parametrize("name", ["api_key", "clientSecret", "ACCESS_TOKEN", "password", "Authorization"])
def test_a_long_value_with_a_digit_under_a_telling_name_needs_the_full_search(name: str, quote: str) -> None:
    value = "q7Lm2Xv9Rt4Wz8Kp1Bn6"
    assert may_hold_secret(f"{name} = {quote}{value}{quote}".encode())
    if name != "password":  # passwords are shorter, and their kinds of characters are told later
        assert not may_hold_secret(f"{name} = {quote}{value[:-1]}{quote}".encode()), "too short"
        assert not may_hold_secret(f"{name} = {quote}{'abcdefghij' * 2}{quote}".encode()), "without a digit"
    assert not may_hold_secret(f"colour = {quote}{value}{quote}".encode()), "another name"


@pytest.mark.parametrize(
    "text", ["task-ask-abc", "https://example.com/a:b", "eyJ short", "AKIA-not", "https://user@host/", "dapi1234"]
)
def test_what_only_begins_like_a_key_is_spared(text: str) -> None:
    assert not may_hold_secret(text.encode())


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(SHAPES))
@settings(max_examples=60, deadline=None)
def test_what_the_full_search_finds_passes_whatever_stands_around_it(around: str, shape: str) -> None:
    data = f"{around}\nx = '{shape}'\n{around}".encode()
    if find_secrets("a.py", data):
        assert may_hold_secret(data)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_one_that_the_full_search_finds(shape: str) -> None:
    assert find_secrets("a.py", f"x = '{shape}'\n".encode())
