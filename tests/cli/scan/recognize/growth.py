"""How many steps a function takes, so that growth is measured without a clock."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(run: Callable[[], object]) -> int:
    """Count the lines of Python that a call runs, including those of all functions that it calls."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def growth(run: Callable[[int], object], size: int) -> float:
    """How many times the steps of half the size a size takes: 2 for what is linear, 4 for a square."""
    run(1)  # loading and compiling at the first call do not depend on the size
    return steps(lambda: run(size)) / steps(lambda: run(size // 2))
