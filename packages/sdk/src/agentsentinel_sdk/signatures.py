"""What a function takes, which tells whether an exception came from the function or from calling it wrongly."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return the function's signature, or None for built-in ones that do not have one."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def accepts(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether the function can be called with these arguments; True where its signature is unknown."""
    signature = signature_of(function)
    if signature is None:
        return True
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True
