"""Detection of the actions that a description states.

A description contains many words that are not actions of the tool: "returns the output", "a file that was deleted".
Only a word in the position of a verb counts: at the beginning of a sentence, or joined to such a verb by and, or, then.
Words after a negation ("never deletes") do not count.
"""

import re
from collections.abc import Iterator

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools import vocabulary
from agentsentinel_core.tools.words import Form, Word, read, split, word_set

LONGEST_PROSE = 4096
"""Most characters that are analysed, to bound the work. Agent descriptions have at most 1000."""

_SENTENCE_END = lazy_compile(r"[.!?;:\n](?=\s|$)|\bbut\b", re.IGNORECASE)
_IDENTIFIER = lazy_compile(r"\b(?=\w*[^\W_]_)(?!read_only\b)\w+\b(?:\(\))?")
"""Name in code, "send_message" or "get_users()": another tool is named, and its verb is not this text's."""
_NAME = "name"
_NEAR = 24
_READ_ONLY = lazy_compile(r"\bread[\s_-]?only\b", re.IGNORECASE)

_LEAD_IN = word_set(
    "this the a an tool function agent use used it to that which will can may allows allow you lets let"
)
_NEGATIONS = word_set("not never cannot no without t neither nor unable refuses")  # the t of don't
DETERMINERS = word_set("a an the it them any all each every this that these those your their its his her our new")
# A word before one of these is a noun: "updates of the week", "posts and comments".
NO_OBJECT = word_set("of for from by in on and or with since at is are was were id ids log logs")
# In a description of purpose, a verb follows one of these: "an agent that sends", "used to delete".
_CUES = word_set("to that which who can will also may for by it and or then")

_KNOWN = vocabulary.KNOWN | _LEAD_IN | _NEGATIONS | DETERMINERS | NO_OBJECT | _CUES
_EXTRA_PURPOSE_ACTS = word_set("save add store change configure buy purchase book trigger fix resolve respond")
_PURPOSE_KNOWN = _KNOWN | _EXTRA_PURPOSE_ACTS


@dataclass(frozen=True, slots=True)
class Clause:
    """Sentence split into words; `after_comma` holds the positions that follow a comma."""

    words: tuple[Word, ...]
    after_comma: frozenset[int]

    def base(self, at: int) -> str:
        """Return the base form of the word at a position, or the empty string outside the sentence."""
        return self.words[at].base if 0 <= at < len(self.words) else ""


def read_only_claim(text: str) -> bool | None:
    """Return True when a text claims to be "read-only", False when it only denies that, None when it does neither."""
    claims = [
        # "not read-only", "isn't strictly read-only": one of the two words before denies it.
        not set(split(text[max(0, hit.start() - _NEAR) : hit.start()])[-2:]) & _NEGATIONS
        for hit in _READ_ONLY.finditer(text[:LONGEST_PROSE])
    ]
    return any(claims) if claims else None


def clauses(text: str, known: frozenset[str] = _PURPOSE_KNOWN) -> Iterator[Clause]:
    """Split a text into sentences; words are reduced to the base forms in `known`."""
    for sentence in _SENTENCE_END.split(text[:LONGEST_PROSE]):
        words: list[Word] = []
        commas: set[int] = set()
        for part in sentence.split(","):
            if words:
                commas.add(len(words))
            words += read(split(_IDENTIFIER.sub(_NAME, part)), known)
        if words:
            yield Clause(tuple(words), frozenset(commas))


def tool_acts(description: str) -> list[tuple[str, Clause]]:
    """Return the verbs that a tool's description states, each with its sentence.

    Sentences that say "read-only" are omitted.
    """
    return [
        (clause.base(at), clause)
        for sentence in _SENTENCE_END.split(description[:LONGEST_PROSE])
        if not _READ_ONLY.search(sentence)
        for clause in clauses(sentence, _KNOWN)
        for at in _verb_places(clause)
        if clause.base(at) in vocabulary.ACTS and _states_act(clause, at)
    ]


def purpose_acts(description: str) -> list[str]:
    """Return the verbs that an agent's description states as its purpose."""
    return [
        clause.base(at) for clause in clauses(description) for at in _purpose_places(clause) if _states_act(clause, at)
    ]


def is_verb_place(clause: Clause, at: int) -> bool:
    """Tell whether the word at a position in a description of purpose can be a verb."""
    return (
        at == 0 or at in clause.after_comma or clause.base(at - 1) in _CUES or clause.words[at - 1].text.endswith("ly")
    )


def _purpose_places(clause: Clause) -> Iterator[int]:
    for at in range(_denied_from(clause)):
        act = vocabulary.ACTS.get(clause.base(at))
        # A verb that is never a noun counts at any position: "the bot sends", "and, if asked, deletes".
        if is_verb_place(clause, at) or (act is not None and not act.can_be_noun):
            yield at


def _verb_places(clause: Clause) -> Iterator[int]:
    head = next((at for at in range(len(clause.words)) if not _is_lead_in(clause, at)), None)
    if head is None:
        return
    denied_from = _denied_from(clause)
    places = {head}
    for at in range(head, denied_from):
        joined = clause.base(at - 1) in vocabulary.CONJUNCTIONS or at in clause.after_comma
        if joined and (_joins_verbs(clause, at, places) or clause.base(at + 1) in DETERMINERS):
            places.add(at)
    yield from sorted(place for place in places if place < denied_from)


def _joins_verbs(clause: Clause, at: int, places: set[int]) -> bool:
    """Tell whether the word before the conjunction or comma is itself a verb: "read and write", "create, update"."""
    # "a and b", "a, b", "a, and then b": at most two conjunctions lie between.
    return any(
        before in places and all(clause.base(between) in vocabulary.CONJUNCTIONS for between in range(before + 1, at))
        for before in range(at - 3, at)
    )


def _is_lead_in(clause: Clause, at: int) -> bool:
    word = clause.words[at]
    return word.text in _LEAD_IN or word.text.endswith("ly")


def _states_act(clause: Clause, at: int) -> bool:
    base, form = clause.words[at].base, clause.words[at].form
    if base in _EXTRA_PURPOSE_ACTS:
        return form is not Form.PARTICIPLE and clause.base(at + 1) not in NO_OBJECT | {""}
    act = vocabulary.ACTS.get(base)
    if act is None or clause.words[at].text.endswith("ed") or hands_over(clause, at):
        return False
    if act.can_be_noun or act.first_only:
        return form is not Form.PARTICIPLE and _has_object(clause, at)
    return not (_drags(clause, at) or _sends_request(clause, at))


def hands_over(clause: Clause, at: int) -> bool:
    """Whether a verb hands the conversation over: "transfers work to a desk", "forward to billing"; never money."""
    bases = [word.base for word in clause.words]
    if bases[at] not in vocabulary.HANDOVER_VERBS or "to" not in bases[at + 1 :]:
        return False
    to = bases.index("to", at + 1)
    handed = [base for base in bases[at + 1 : to] if base not in DETERMINERS - vocabulary.HANDED_OVER]
    moves_money = not (vocabulary.ACCOUNTS | vocabulary.MONEY).isdisjoint(bases[at + 1 :])
    return not moves_money and len(handed) <= 2 and vocabulary.HANDED_OVER.issuperset(handed[-1:])


def _drags(clause: Clause, at: int) -> bool:
    """Tell whether a "drop" is part of "drag and drop", which deletes nothing."""
    return clause.base(at) == "drop" and "drag" in {clause.base(at - 1), clause.base(at - 2)}


def _sends_request(clause: Clause, at: int) -> bool:
    """Tell whether a "send" only sends a GET request ("Sends a GET request to the API"), which is a read."""
    following = {clause.base(near) for near in range(at + 1, at + 5)}
    return clause.base(at) == "send" and "get" in following and "request" in following


def _has_object(clause: Clause, at: int) -> bool:
    following = clause.base(at + 1)
    if clause.base(at) == "run":
        # "Run a query" describes a search; "run a command" does not.
        return bool(vocabulary.CODE_OBJECTS & {clause.base(near) for near in range(at + 1, at + 5)})
    return following not in NO_OBJECT | {""} and at + 1 not in clause.after_comma


def _denied_from(clause: Clause) -> int:
    """Return the position of the first negation, from which the rest of the sentence is negated."""
    return next((at for at, word in enumerate(clause.words) if word.text in _NEGATIONS), len(clause.words))
