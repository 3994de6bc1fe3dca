"""Detection of agent descriptions which say that the agent only reads."""

from functools import lru_cache

from agentsentinel_core.tools import vocabulary
from agentsentinel_core.tools.prose import (
    DETERMINERS,
    LONGEST_PROSE,
    NO_OBJECT,
    Clause,
    clauses,
    is_verb_place,
    purpose_acts,
    read_only_claim,
)
from agentsentinel_core.tools.words import word_set

_READING = word_set("read search query view lookup fetch get retrieve")
_TALKING = word_set("answer explain summarize summarise compare describe report tell help discuss quote cite present")
"""Verbs of what an agent does with what it has read: it says so."""
_PARTICLES = word_set("up out off down away over back")
"""Words after a verb that belong to it: "clean up"."""
_NO_VERBS = DETERMINERS | NO_OBJECT | vocabulary.CONJUNCTIONS
_HARMLESS = _READING | {"look"} | _TALKING | vocabulary.READ_VERBS | vocabulary.ASKING_VERBS
_TELLING = word_set("use call first always when if before after start begin")
"""First words of sentences that tell the model what to do."""
_MANAGING = word_set("management administration automation editing creation control maintenance")
"""Nouns of purposes that change things."""
_AGENTS = word_set("agent assistant bot helper")
"""Words after what an agent does: "customer lookup agent"."""
_CHANGING = _MANAGING | vocabulary.CODE_OBJECTS | word_set("calculation calculate compute delegate route coordinate")
_KNOWN = _HARMLESS | _NO_VERBS | _PARTICLES | _CHANGING
_CACHED_DESCRIPTIONS = 2048


def is_read_only_purpose(description: str) -> bool:
    """Tell whether a description is read-only: it names reading and no verb that may write, or it says "read-only"."""
    return _is_read_only(description[:LONGEST_PROSE])


@lru_cache(maxsize=_CACHED_DESCRIPTIONS)
def _is_read_only(description: str) -> bool:
    claim = read_only_claim(description)
    if claim is not None:
        return claim
    if purpose_acts(description):
        return False
    stated = [clause for clause in clauses(description, _KNOWN) if not _tells_the_model(clause)]
    if any(word.base in _CHANGING for clause in stated for word in clause.words):
        return False
    if any(_may_act(clause, at) for clause in stated for at in range(1, len(clause.words))):
        return False
    return any(_reads_at(clause, at) for clause in stated for at in range(len(clause.words)))


def _tells_the_model(clause: Clause) -> bool:
    """Whether a sentence says how to use tools, and not what the agent is for: "Use list_users to get the users"."""
    return clause.base(0) in _TELLING


def _may_act(clause: Clause, at: int) -> bool:
    """Whether an unknown word is a further verb of the sentence: "view tasks and tidy up", "reads pages, pins them"."""
    is_joined = clause.base(at - 1) in vocabulary.CONJUNCTIONS or at in clause.after_comma
    if not is_joined or clause.base(at) in _HARMLESS | _NO_VERBS:
        return False
    return clause.base(at + 1) in DETERMINERS | _PARTICLES


def _reads_at(clause: Clause, at: int) -> bool:
    word = clause.words[at]
    if word.base == "look":
        return clause.base(at + 1) == "up"
    # "handles customer queries" and "a search agent" do not say that the agent reads; as verbs these words do.
    return word.base in _READING and (is_verb_place(clause, at) or clause.base(at + 1) in _AGENTS)
