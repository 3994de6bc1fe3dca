"""The suite has three forms: `make test`, which a change waits for, `make test-wide` beside it, and `make test-long`.

A test that says for many frameworks, themes or clients what another one says for a few is marked `wide`. One that takes
minutes is marked `long`, or has fewer rounds in the other forms.
"""

import os
from collections.abc import Iterable
from typing import Any

import pytest

IS_LONG = bool(os.environ.get("AGENTSENTINEL_TEST_LONG"))
"""Whether this is the long form: all rounds, all examples, and the tests that are marked `long`."""
IS_WIDE = IS_LONG or bool(os.environ.get("AGENTSENTINEL_TEST_WIDE"))
"""Whether the tests that are marked `wide` are part of the run."""


def wide_after(few: int, values: Iterable[Any]) -> list[Any]:
    """Return parameters of a test or fixture of which only the first `few` are part of every form.

    A tuple holds the values of several parameters.
    """
    each = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*value, marks=[pytest.mark.wide] if place >= few else []) for place, value in enumerate(each)]
