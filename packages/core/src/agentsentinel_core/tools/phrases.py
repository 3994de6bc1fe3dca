"""Search for phrases (one or more consecutive words) in a name."""

from collections.abc import Iterable

from agentsentinel_core.tools.words import split


class Phrases:
    """Searchable set of phrases, each one or more words in base form."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            words = tuple(split(phrase))
            self._by_first.setdefault(words[0], []).append(words)
        for found in self._by_first.values():
            found.sort(key=len, reverse=True)

    def first_in(self, bases: list[str]) -> str | None:
        """Return the first phrase that occurs, such as "api key", or None."""
        for at in range(len(bases)):
            length = self.length_at(bases, at)
            if length:
                return " ".join(bases[at : at + length])
        return None

    def length_at(self, bases: list[str], at: int) -> int:
        """Return the number of words of the longest phrase that begins at a position; 0 when none does."""
        for words in self._by_first.get(bases[at], ()):
            if tuple(bases[at : at + len(words)]) == words:
                return len(words)
        return 0
