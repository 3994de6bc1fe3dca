"""From what a call does to the one word that is reported."""

from __future__ import annotations

from agentsentinel_core.operations.vocabulary import JOINT, MOST_WORDS, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_TEXT = 65_536
"""Characters of a command line that are looked at, to bound the time on the agent's thread."""


def joined(words: Iterable[str], weight: Callable[[str], int]) -> str | None:
    """Return the distinct words, sorted and joined; None without any.

    Of more than MOST_WORDS, the heaviest are kept and OTHER stands for the rest, so that none is hidden in a crowd.
    """
    distinct = list(dict.fromkeys(words))
    if len(distinct) > MOST_WORDS:
        named = sorted((word for word in distinct if word != OTHER), key=weight, reverse=True)
        distinct = [*named[: MOST_WORDS - 1], OTHER]
    return JOINT.join(sorted(distinct)) or None
