"""Parser of tool names: which words are verbs that change something, whether the tool reads, which words are nouns.

Grammar decides what a keyword list cannot. A name that begins with a read verb is a read, and the words after it are
what it reads: `list_deployments`, `view_run_logs`, `list_deleted_files`. There are two exceptions: a verb that is never
a noun (`read_write_file`), and a verb after a conjunction (`get_or_create`).
"""

from collections.abc import Iterator

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools import vocabulary
from agentsentinel_core.tools.phrases import Phrases
from agentsentinel_core.tools.vocabulary import Verb
from agentsentinel_core.tools.words import Form, Word, namespace_and_tool, read

_NEUTRAL = Phrases(vocabulary.NEUTRAL_PHRASES)
_NO_LEAD = 1_000_000


@dataclass(frozen=True, slots=True)
class ToolName:
    """Parsed tool name: its words in order, with their grammatical roles."""

    words: tuple[Word, ...]
    verb_at: int
    """Position where the verb is expected, after namespace and service (`mcp__github__list_runs`: `list`)."""

    @property
    def bases(self) -> list[str]:
        """Words of the name in base form."""
        return [word.base for word in self.words]

    @property
    def whole(self) -> str:
        """Base form of a name that is a single word, else the empty string."""
        return self.words[0].base if len(self.words) == 1 else ""

    @property
    def leads_with_read(self) -> bool:
        """Whether the word at the verb's position is a read verb."""
        verb = self.words[self.verb_at] if self.words else None
        return verb is not None and verb.base in vocabulary.READ_VERBS and verb.form is Form.BASE

    @property
    def has_read_verb(self) -> bool:
        """Whether a read verb occurs anywhere in the name: `deleted_files_list`."""
        return any(word.base in vocabulary.READ_VERBS for word in self.words)

    @property
    def asks(self) -> bool:
        """Whether the verb sends something only to get an answer: `translate_text`, `scrape_page`."""
        verb = self.words[self.verb_at] if self.words else None
        return verb is not None and verb.base in vocabulary.ASKING_VERBS

    @property
    def states_reading(self) -> bool:
        """Whether the name says that the tool reads, even if it also writes."""
        if self.leads_with_read:
            return True
        return any(
            word.base in vocabulary.NEVER_NOUN_READ_VERBS
            or (word.base in vocabulary.READ_VERBS and before is not None and before.base in vocabulary.CONJUNCTIONS)
            for before, word in _with_previous(self.words)
        )

    def is_noun_here(self, at: int) -> bool:
        """Tell whether a word that can be a noun is one here: after a leading read verb, before any conjunction."""
        if not (self.leads_with_read and at > self.verb_at):
            return False
        return at < self._first_conjunction()

    def acts(self) -> list[tuple[int, Verb]]:
        """Return the verbs that say the tool changes something, with their positions."""
        found = [
            (at, act)
            for at, word in enumerate(self.words)
            if (act := vocabulary.ACTS.get(word.base)) is not None and self._is_act(at, word, act)
        ]
        verb = self.words[self.verb_at].base if self.words else ""
        if verb in vocabulary.MONEY_VERBS and not vocabulary.MONEY.isdisjoint(self.bases[self.verb_at + 1 :]):
            found.insert(0, (self.verb_at, Verb(verb, dangerous=True)))
        if verb in vocabulary.BROWSER_ACTS and not vocabulary.BROWSERS.isdisjoint(self.bases[: self.verb_at]):
            found.insert(0, (self.verb_at, Verb(verb)))
        return found or self._done_by_its_noun()

    def _done_by_its_noun(self) -> list[tuple[int, Verb]]:
        """Return the verb of a tool that is named after what it does; none for a name that states reading."""
        if self.states_reading or any(self._hands_over(at) for at in range(len(self.words))):
            return []
        doers = [
            (at, vocabulary.DOERS[word.base]) for at, word in enumerate(self.words) if word.base in vocabulary.DOERS
        ]
        return [(at, vocabulary.ACTS[verb]) for at, verb in doers]

    def _is_act(self, at: int, word: Word, act: Verb) -> bool:
        after_conjunction = at > 0 and self.words[at - 1].base in vocabulary.CONJUNCTIONS
        in_front = at in (0, self.verb_at)
        is_before_noun = at < len(self.words) - 1 and not (in_front or after_conjunction)
        if word.form is Form.PARTICIPLE and (self.has_read_verb or is_before_noun):
            return False  # an adjective: `list_deleted_files`, `long_running_tool`
        if act.first_only and not (in_front or after_conjunction):
            return False
        if self._hands_over(at):
            return False
        if act.word in vocabulary.NOUNS_IN_FRONT and self._asks_an_aspect():
            return False
        if act.can_be_noun and word.form is Form.PLURAL and not in_front:
            return False  # `blog_posts`, but `posts_message`
        return not (act.can_be_noun and self.is_noun_here(at))

    def _hands_over(self, at: int) -> bool:
        """Whether a verb hands the conversation over, `transfer_to_billing`, and moves no money."""
        rest = self.bases[at + 1 :]
        return (
            self.words[at].base in vocabulary.HANDOVER_VERBS
            and rest[:1] == ["to"]
            and len(rest) > 1
            and vocabulary.ACCOUNTS.isdisjoint(rest)
            and vocabulary.MONEY.isdisjoint(rest)
        )

    def _asks_an_aspect(self) -> bool:
        """Tell whether the name is a thing with one of its aspects, `order_status`, or contains a read verb."""
        return len(self.words) > 1 and (self.words[-1].base in vocabulary.ASPECTS or self.has_read_verb)

    def _first_conjunction(self) -> int:
        return next((at for at, word in enumerate(self.words) if word.base in vocabulary.CONJUNCTIONS), _NO_LEAD)


def read_name(name: str) -> ToolName:
    """Parse a tool's name. Accepts any text; one without letters or digits has no words."""
    namespace, tool = namespace_and_tool(name)
    front = _without_neutral(read(namespace, vocabulary.KNOWN))
    words = front + _without_neutral(read(tool, vocabulary.KNOWN))
    verb_at = len(front)
    while verb_at < len(words) - 1 and words[verb_at].base in vocabulary.SERVICES:
        verb_at += 1
    return ToolName(tuple(words), verb_at)


def _without_neutral(words: list[Word]) -> list[Word]:
    bases = [word.base for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        length = _NEUTRAL.length_at(bases, at)
        if length:
            text = " ".join(bases[at : at + length])
            kept.append(Word(text, text, Form.BASE))
        else:
            kept.append(words[at])
        at += length or 1
    return kept


def _with_previous(words: tuple[Word, ...]) -> Iterator[tuple[Word | None, Word]]:
    before: Word | None = None
    for word in words:
        yield before, word
        before = word
