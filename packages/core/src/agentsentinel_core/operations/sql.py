"""The verbs of SQL statements.

Texts, quoted names and comments are not read, a comment that MySQL runs is. A backslash before a quote means different
things in different databases, so such a text is OTHER beside what is seen.
"""

from __future__ import annotations

from agentsentinel_core.operations.vocabulary import (
    CHANGING_VERBS,
    INNER_VERBS,
    OTHER,
    OUTER_VERBS,
    QUIET_VERBS,
    SQL_SYNONYMS,
    SQL_VERBS,
)
from agentsentinel_core.operations.words import joined

LONGEST_STATEMENTS = 16_384
"""Characters of a text that are read."""
_END = ";"


def verbs_of(text: str) -> str | None:
    """Return the verbs of statements as one word; None for a text that does not begin with a verb of SQL."""
    tokens = _Tokens(text[:LONGEST_STATEMENTS]).tokens
    verbs: list[str] = []
    for statement in _statements(tokens):
        verb = _verb_of(statement)
        if not verbs and verb == OTHER:
            return None
        verbs.append(verb)
    loud = [verb for verb in verbs if verb not in QUIET_VERBS] or verbs[:1]
    if loud and (len(text) > LONGEST_STATEMENTS or OTHER in tokens):
        loud.append(OTHER)
    return joined(loud, _weight)


def _weight(verb: str) -> int:
    return int(verb in CHANGING_VERBS)


def _statements(tokens: list[str]) -> list[list[str]]:
    statements: list[list[str]] = [[]]
    for token in tokens:
        if token == _END:
            statements.append([])
        elif token != OTHER:
            statements[-1].append(token)
    return [statement for statement in statements if statement]


def _verb_of(words: list[str]) -> str:
    """Return the verb of one statement: the one that changes data, where the first only introduces it."""
    verb = SQL_SYNONYMS.get(words[0], words[0])
    if verb in OUTER_VERBS:
        verb = next((word for word in words if word in INNER_VERBS), "select" if verb == "with" else verb)
    return verb if verb in SQL_VERBS else OTHER


class _Tokens:
    """The words of a text in lower case, and the ends of its statements; OTHER where a quote is ambiguous."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        self._text = text
        self._at = 0
        while self._at < len(text) and self._is_sql():
            self._next()

    def _is_sql(self) -> bool:
        """Whether what was read so far may be a statement: prose is not read to its end."""
        return len(self.tokens) != 1 or SQL_SYNONYMS.get(self.tokens[0], self.tokens[0]) in SQL_VERBS

    def _next(self) -> None:
        text, at = self._text, self._at
        sign = text[at]
        if sign.isalpha() or sign == "_":
            while self._at < len(text) and (text[self._at].isalnum() or text[self._at] == "_"):
                self._at += 1
            self.tokens.append(text[at : self._at].lower())
        elif sign in "'\"`":
            self._quoted(sign)
        elif sign == "$" and text.startswith("$$", at):
            self._skip_past("$$", at + 2)
        elif sign == "#" or text.startswith("--", at):
            self._skip_past("\n", at)
        elif text.startswith("/*", at):
            self._comment()
        else:
            if sign == _END:
                self.tokens.append(_END)
            self._at += 1

    def _quoted(self, sign: str) -> None:
        begin = self._at + 1
        self._skip_past(sign, begin)
        if "\\" in self._text[begin : self._at]:
            self.tokens.append(OTHER)

    def _comment(self) -> None:
        if self._text.startswith("/*!", self._at):  # MySQL runs it
            self._at += 3
            while self._at < len(self._text) and self._text[self._at].isdigit():
                self._at += 1
        else:
            self._skip_past("*/", self._at + 2)

    def _skip_past(self, sign: str, begin: int) -> None:
        found = self._text.find(sign, begin)
        self._at = len(self._text) if found < 0 else found + len(sign)
