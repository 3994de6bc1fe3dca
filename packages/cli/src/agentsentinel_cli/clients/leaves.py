"""The single values of a configuration file, each with its path."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

MOST_LEAVES = 200_000
"""Values of one file that are looked at: the largest files of clients have some ten thousand."""
HISTORY = "history"
"""Key under which clients keep what their user has typed: not configuration."""


class Leaf(NamedTuple):
    """One value that is neither an object nor a list."""

    path: tuple[str | int, ...]
    """Keys and indices from the top."""
    value: Any
    before: str
    """For an item of a list: the text before it, which for an argument may be its option."""

    @property
    def shown(self) -> str:
        """Its path for people: `mcpServers.github.args[2]`."""
        return dotted(self.path)


def leaves(data: Any) -> Iterator[Leaf]:
    """Yield the values of a document in its order, at most `MOST_LEAVES`."""
    return islice(_all(data), MOST_LEAVES)


def _all(data: Any) -> Iterator[Leaf]:
    waiting: list[Leaf] = [Leaf((), data, "")]
    while waiting:
        leaf = waiting.pop()
        if isinstance(leaf.value, dict):
            inner = [Leaf((*leaf.path, str(key)), value, "") for key, value in leaf.value.items() if key != HISTORY]
            waiting += reversed(inner)
        elif isinstance(leaf.value, list):
            texts = ["", *(item if isinstance(item, str) else "" for item in leaf.value)]
            inner = [Leaf((*leaf.path, at), value, texts[at]) for at, value in enumerate(leaf.value)]
            waiting += reversed(inner)
        else:
            yield leaf


def has_more(data: Any) -> bool:
    """Whether a document has more values than are looked at."""
    return next(islice(_all(data), MOST_LEAVES, None), None) is not None


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a path for people."""
    shown = ""
    for key in path:
        shown += f"[{key}]" if isinstance(key, int) else f".{key}" if shown else key
    return shown
