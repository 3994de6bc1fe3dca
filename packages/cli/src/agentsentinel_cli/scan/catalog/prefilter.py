"""Derivation of byte searches from the catalogue, shared by the prefilters of all languages."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Form(NamedTuple):
    """Way in which a word of the catalogue is used where it begins a tool, an agent or a server."""

    example: str
    """The least source that uses a word in this way, with `{}` for the word."""
    pattern: bytes
    """Regular expression for this use, with `%b` for the words."""
    words: tuple[str, ...]


class Search(NamedTuple):
    """Search for words in one form."""

    hints: tuple[bytes, ...]
    """Words of which every use contains one; those that contain another are left out."""
    pattern: re.Pattern[bytes]

    def matches(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the uses of the words in a file; looking for the plain words first spares nearly every file more."""
        if any(hint in data for hint in self.hints):
            yield from self.pattern.finditer(data)


def searches(forms: Sequence[Form], passes: Callable[[bytes], bool]) -> tuple[Search, ...]:
    """Return searches for the words whose use does not pass the patterns for families of words."""
    found = []
    for form in forms:
        words = sorted({word for word in form.words if not passes(form.example.format(word).encode())})
        if words:
            hints = tuple(word.encode() for word in words if not any(other in word for other in words if other != word))
            found.append(Search(hints, re.compile(form.pattern.replace(b"%b", any_of(words)))))
    return tuple(found)


def any_of(words: Iterable[str]) -> bytes:
    """Return a regular expression for any of the words, for use within a group."""
    return b"|".join(re.escape(word.encode()) for word in sorted(words))
