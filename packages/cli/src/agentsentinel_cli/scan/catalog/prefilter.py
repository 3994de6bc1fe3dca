"""Derivation of byte searches from the catalogue, shared by the prefilters of all languages."""

import re
from collections.abc import Callable, Iterator, Sequence
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

    words: tuple[bytes, ...]
    pattern: re.Pattern[bytes]

    def matches(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the uses of the words in a file; looking for the plain words first spares nearly every file more."""
        if any(word in data for word in self.words):
            yield from self.pattern.finditer(data)


def searches(forms: Sequence[Form], passes: Callable[[bytes], bool]) -> tuple[Search, ...]:
    """Return searches for the words whose use does not pass the patterns for families of words."""
    found = []
    for form in forms:
        words = sorted({word for word in form.words if not passes(form.example.format(word).encode())})
        if words:
            missing = tuple(word.encode() for word in words)
            found.append(Search(missing, re.compile(form.pattern.replace(b"%b", b"|".join(map(re.escape, missing))))))
    return tuple(found)
