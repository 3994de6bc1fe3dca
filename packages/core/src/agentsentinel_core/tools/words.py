"""From a name to its words.

Looking for a keyword anywhere in a name finds `run` in `prune` and `edit` in `reddit`. Here a name is first taken
apart into whole words, and a word is then brought to the form the vocabulary has it in: `removedUsers` becomes
`remove`, `user`. Nothing in here knows what any word means.
"""

import unicodedata
from collections.abc import Iterable
from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass

LONGEST_NAME = 1024
"""Characters of a name that are read. Names are at most 255 long on the wire; the rest is a bound on work."""

NAMESPACE_MARKS = ("__", ".", "/", ":")
"""What separates a namespace from a tool in the wild: `mcp__github__list_runs`, `files.delete`, `crm/search`."""

# Spelt apart by camelCase or underscores, yet one word; otherwise `dropDown` would drop something.
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
    """How a word stands in the name."""

    BASE = "base"
    PLURAL = "plural"
    """Ends in -s or -es: a plural noun, or a verb in the third person."""
    PARTICIPLE = "participle"
    """Ends in -ed or -ing."""


# `dbs` is `db`, but `using` is no form of `us`.
_SHORTEST = {Form.PLURAL: 2, Form.PARTICIPLE: 3}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name."""

    text: str
    """As written, in lower case."""
    base: str
    """The form the vocabulary knows, or `text` when it knows none."""
    form: Form


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text, between blanks."""
    return frozenset(text.split())


def split(text: str) -> list[str]:
    """The lower-case words of a text, cut at what is no letter or digit, at camelCase, and between letter and digit.

    Look-alike spellings of ASCII (full-width letters) are folded and invisible characters dropped first: a name that
    reads `delete` to a person must not pass as something else.
    """
    return _joined([piece.lower() for piece in _pieces(_visible(text[:LONGEST_NAME]))])


def namespace_and_tool(name: str) -> tuple[list[str], list[str]]:
    """The words before the last namespace mark, and those after it. A name that ends in marks is all tool."""
    name = name[:LONGEST_NAME]
    cut = max((name.rfind(mark) + len(mark) for mark in NAMESPACE_MARKS if mark in name), default=0)
    tool = split(name[cut:])
    if not tool:
        return [], split(name)
    return split(name[:cut]), tool


def read(texts: Iterable[str], known: frozenset[str]) -> list[Word]:
    """The words with their base forms; `known` are the base forms the caller has a use for."""
    return [_word(text, known) for text in texts]


def reductions(text: str) -> list[tuple[str, Form]]:
    """What a word may be a form of, likeliest first; the word itself is not among them.

    One step only: `settings` reduces to `setting` and no further, or it would end as the verb `set`.
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
    """`execut` -> execut, execute; `dropp` -> dropp, droppe, drop; `brs` -> nothing, since no verb lacks a vowel."""
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
    # `HTTPFetch` is HTTP, Fetch, but `getURLs` keeps its plural.
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
