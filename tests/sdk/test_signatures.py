"""Whether a call fits a function is known without calling it."""

from typing import Any

import pytest

from agentsentinel_sdk.signatures import accepts, signature_of


def tool(path: str, /, mode: str = "r", *, limit: int) -> None:
    raise AssertionError


@pytest.mark.parametrize(
    ("args", "kwargs", "fits"),
    [
        (("a",), {"limit": 1}, True),
        (("a", "w"), {"limit": 1}, True),
        (("a",), {}, False),
        ((), {"path": "a", "limit": 1}, False),
        (("a",), {"limit": 1, "other": 2}, False),
        (("a", "w", "x"), {"limit": 1}, False),
    ],
)
def test_arguments_fit_as_python_itself_would_bind_them(
    args: tuple[str, ...], kwargs: dict[str, Any], fits: bool
) -> None:
    assert accepts(tool, args, kwargs) is fits


def test_a_built_in_without_a_signature_takes_anything() -> None:
    assert signature_of(dict) is None
    assert accepts(dict, (1, 2, 3), {"a": 1})


def test_a_signature_that_lies_is_none() -> None:
    class Odd:
        __signature__ = "not one"

        def __call__(self) -> None:
            raise AssertionError

    assert signature_of(Odd()) is None
