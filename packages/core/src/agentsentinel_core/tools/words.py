"""Splitting of names into words, and reduction of words to their base forms.

A substring search finds `run` in `prune` and `edit` in `reddit`. Here a name is first split into whole words, and each
word is then reduced to the form in the vocabulary: `removedUsers` becomes `remove`, `user`. This module does not depend
on the meaning of any word.
"""

import unicodedata
from collections.abc import Iterable
from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass

LONGEST_NAME = 1024
"""Most characters of a name that are read, to bound the work. Names in API requests have at most 255."""

NAMESPACE_MARKS = ("__", ".", "/", ":")
"""Separators between namespace and tool: `mcp__github__list_runs`, `files.delete`, `crm/search`."""

# Compounds that are written as two words but count as one; otherwise `dropDown` would contain the verb `drop`.
_COMPOUNDS = {
    pair: "".join(pair)
    for pair in (
        ("data", "base"), ("drop", "down"), ("file", "system"), ("git", "hub"), ("hub", "spot"), ("java", "script"),
        ("pass", "word"), ("post", "code"), ("post", "mortem"), ("power", "shell"), ("run", "book"), ("run", "time"),
        ("shut", "down"), ("sub", "process"), ("super", "user"), ("web", "hook"), ("web", "page"), ("web", "site"),
    )
}  # fmt: skip

# Nouns that only look like a form of a verb.
_NOT_A_FORM = frozenset({"setting", "posting", "aws", "ecs", "sns", "sqs", "dns", "sms"})

_VOWELS = frozenset("aeiou")


class Form(Enum):
    """Grammatical form of a word in a name."""

    BASE = "base"
    PLURAL = "plural"
    """Form ending in -s or -es: a plural noun, or a verb in the third person."""
    PARTICIPLE = "participle"
    """Form ending in -ed or -ing."""


# Least length of the base form: `dbs` is a form of `db`, but `using` is not a form of `us`.
_SHORTEST = {Form.PLURAL: 2, Form.PARTICIPLE: 3}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name."""

    text: str
    """Word as written, in lower case."""
    base: str
    """Base form in the vocabulary, or `text` when the vocabulary has none."""
    form: Form


def word_set(text: str) -> frozenset[str]:
    """Split a text at whitespace into a set of words."""
    return frozenset(text.split())


def split(text: str) -> list[str]:
    """Split a text into lower-case words, at non-alphanumeric characters, at camelCase, and between letter and digit.

    Look-alike spellings of ASCII (full-width letters) are folded and invisible characters removed first: a name that a
    person reads as `delete` must be recognised as `delete`.
    """
    return _joined([piece.lower() for piece in _pieces(_visible(text[:LONGEST_NAME]))])


def namespace_and_tool(name: str) -> tuple[list[str], list[str]]:
    """Split a name into the words before and after the last namespace separator.

    A name that ends in separators has no namespace.
    """
    name = name[:LONGEST_NAME]
    cut = max((name.rfind(mark) + len(mark) for mark in NAMESPACE_MARKS if mark in name), default=0)
    tool = split(name[cut:])
    if not tool:
        return [], split(name)
    return split(name[:cut]), tool


def read(texts: Iterable[str], known: frozenset[str]) -> list[Word]:
    """Return the words with their base forms; `known` is the set of possible base forms."""
    return [_word(text, known) for text in texts]


def reductions(text: str) -> list[tuple[str, Form]]:
    """Return the possible base forms of a word, most likely first, without the word itself.

    Only one reduction is applied: `settings` becomes `setting`, because a second one would give the verb `set`.
    """
    if text in _NOT_A_FORM:
        return []
    return [(stem, form) for stem, form in _candidates(text) if len(stem) >= _SHORTEST[form]]


def _word(text: str, known: frozenset[str]) -> Word:
    if text in known:
        return Word(text, text, Form.BASE)
    for stem, form in reductions(text):
        if stem in known:
            return Word(text, stem, form)
    return Word(text, text, Form.BASE)


def _candidates(text: str) -> list[tuple[str, Form]]:
    if text.endswith("ing"):
        return [(stem, Form.PARTICIPLE) for stem in _verb_stems(text[:-3])]
    if text.endswith("ied"):
        return [(text[:-3] + "y", Form.PARTICIPLE)]
    if text.endswith("ed"):
        return [(stem, Form.PARTICIPLE) for stem in _verb_stems(text[:-2])]
    if text.endswith("ies"):
        return [(text[:-3] + "y", Form.PLURAL), (text[:-1], Form.PLURAL)]
    if text.endswith("s") and not text.endswith("ss"):
        stems = [text[:-1]] + ([text[:-2]] if text.endswith("es") else [])
        return [(stem, Form.PLURAL) for stem in stems]
    return []


def _verb_stems(rest: str) -> list[str]:
    """Return the verbs that a word without its -ed or -ing can come from.

    `execut` -> execut, execute; `dropp` -> dropp, droppe, drop; `brs` -> nothing, because every verb has a vowel.
    """
    if not _VOWELS & set(rest):
        return []
    doubled = len(rest) > 1 and rest[-1] == rest[-2]
    return [rest, rest + "e"] + ([rest[:-1]] if doubled else [])


def _visible(text: str) -> str:
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return folded if folded.isascii() else "".join(char for char in folded if unicodedata.category(char) != "Cf")


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _is_border(text, at):
            if text[start].isalnum():
                pieces.append(text[start:at])
            start = at
    return pieces


def _is_border(text: str, at: int) -> bool:
    before, here = text[at - 1], text[at]
    if not (before.isalnum() and here.isalnum()):
        return True
    if before.isalpha() != here.isalpha():
        return True
    if before.islower() and here.isupper():
        return True
    # `HTTPFetch` is split into HTTP, Fetch, but the plural `URLs` in `getURLs` is not split.
    return before.isupper() and here.isupper() and _starts_word(text, at)


def _starts_word(text: str, at: int) -> bool:
    following = text[at + 1 : at + 3]
    if not following[:1].islower():
        return False
    is_plural_acronym = following[0] == "s" and not following[1:].islower()
    return not is_plural_acronym


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1], word) in _COMPOUNDS:
            joined[-1] = _COMPOUNDS[joined[-1], word]
        else:
            joined.append(word)
    return joined
