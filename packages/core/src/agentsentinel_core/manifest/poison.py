"""Detection of tool poisoning: text in a tool's definition that is written for the model instead of people.

A model reads every description before it acts, so the author of a description can give it instructions. There are three
kinds: instructions that no legitimate description needs, text that people cannot see, and instructions about other
tools. Usual text is not reported: when to use a tool, what to call first, that a date must be ISO 8601.

Sources of the kinds: published accounts of tool poisoning and shadowing attacks (MITRE ATLAS AML.T0110, OWASP ASI01),
and Unicode's own lists of format, tag and bidirectional control characters.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator

from agentsentinel_core.agents import PoisonedText
from agentsentinel_core.manifest.model import Definition, Item, Manifest, text_of
from agentsentinel_core.manifest.poison_phrases import INSTRUCTIONS, ORDER, OTHER_TOOL, OTHER_TOOL_WORDS
from agentsentinel_core.manifest.schema import nodes_of
from agentsentinel_core.masking import masked

SHOWN = 120
"""Most characters of an excerpt."""
LONGEST = 20_000
"""Most characters of a description that are searched."""

_TAGS = range(0xE0000, 0xE0080)
_SELECTORS = range(0xE0100, 0xE01F0)
_BIDI = frozenset({*range(0x202A, 0x202F), *range(0x2066, 0x206A)})
_UNSEEN = frozenset({0x200B, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x180E, 0x115F, 0x1160, 0x3164, 0xFFA0})
_JOINERS = frozenset({0x200C, 0x200D})
_BLACK_FLAG = 0x1F3F4
"""Code point of the black flag, which with tag characters after it forms the emoji flag of a region."""


def poison_of(manifest: Manifest) -> Iterator[PoisonedText]:
    """Return the poisoned texts of all items, at most one of each kind for each item; credentials are masked."""
    shown = [(item.name or item.kind.value, item) for item in manifest.items]
    names = {name for name, _ in shown}
    for name, item in shown:
        yield from poison_in(name, masked(texts_of(item)[:LONGEST]), names)


def poison_in(name: str, text: str, names: Collection[str]) -> Iterator[PoisonedText]:
    """Return the poison in the name and the text of one tool, at most one of each kind.

    Args:
        name: of the tool; empty where it is unknown.
        text: all of its text that a model may read; the first `LONGEST` characters are searched.
        names: of the tools beside it.
    """
    text = text[:LONGEST]
    shown = visible(name)[:SHOWN]
    if (excerpt := invisible_in(name) or invisible_in(text)) is not None:
        yield PoisonedText(shown, "invisible-unicode", excerpt)
    # Outside ASCII, some letters equal others when case is ignored, such as the long s, so every pattern is searched.
    words = text.lower() if text.isascii() else None
    for needs, pattern in INSTRUCTIONS:
        if words is not None and not any(part in words for part in needs):
            continue
        if match := pattern.search(text):
            yield PoisonedText(shown, "instruction", _excerpt(text, match))
            break
    if words is not None and not any(part in words for part in OTHER_TOOL_WORDS):
        return
    for match in OTHER_TOOL.finditer(text):
        if _is_about_another(match["tool"], name, names) and ORDER.search(match["order"]):
            yield PoisonedText(shown, "cross-tool", _excerpt(text, match))
            break


def texts_of(item: Item) -> str:
    """Return the texts of a definition, one a line: its own, those of its arguments, and those in its schemas."""
    definition = item.definition
    texts = [text_of(definition, member) for member in ("title", "description", "text")]
    arguments = definition.get("arguments")
    if isinstance(arguments, list):
        texts += [text_of(each, "description") for each in arguments if isinstance(each, dict)]
    matter = definition.get("frontmatter")
    texts += [str(value) for value in matter.values()] if isinstance(matter, dict) else []
    for member in ("inputSchema", "outputSchema"):
        for node in nodes_of(definition.get(member)):
            texts += [text_of(node.schema, "title"), text_of(node.schema, "description")]
            values = [node.schema.get("default"), *_listed(node.schema, "enum"), *_listed(node.schema, "examples")]
            texts += [value for value in values if isinstance(value, str)]
    return "\n".join(text for text in texts if text)


def _listed(schema: Definition, member: str) -> list[object]:
    values = schema.get(member)
    return values if isinstance(values, list) else []


def _is_about_another(mentioned: str, name: str, names: Collection[str]) -> bool:
    """Whether a word is the name of another tool."""
    return mentioned != name and (mentioned in names or "_" in mentioned.strip("_"))


def visible(text: str) -> str:
    """Return the text with invisible characters written as U+XXXX."""
    return "".join(f"U+{ord(letter):04X}" if _cannot_be_seen(letter) else letter for letter in text)


def _cannot_be_seen(letter: str) -> bool:
    if letter in "\n\t":
        return False
    code = ord(letter)
    return unicodedata.category(letter)[0] == "C" or code in _SELECTORS or code in _UNSEEN


def _excerpt(text: str, match: re.Match[str]) -> str:
    line = " ".join(visible(match[0]).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def invisible_in(text: str) -> str | None:
    """Return the first invisible text without a legitimate use, with its characters written out; None without any."""
    if text.isascii():
        return None
    for at, letter in enumerate(text):
        if _is_unseen(text, at, ord(letter)):
            stretch = text[at : at + 16]
            hidden = "".join(chr(ord(one) - 0xE0000) for one in text[at : at + 400] if 0xE0020 <= ord(one) < 0xE007F)
            words = f" (reads {hidden[:60]!r})" if hidden else ""
            return visible(stretch)[: SHOWN - len(words)] + words
    return None


def _is_unseen(text: str, at: int, code: int) -> bool:
    before = ord(text[at - 1]) if at else 0
    if code in _TAGS:
        return not _in_flag(text, at)
    if code in _SELECTORS:
        return before in _SELECTORS  # a single selector chooses a glyph variant, a sequence encodes text
    if code in _JOINERS:
        return before < 0x300  # joiners are used in emoji and some scripts, never between Latin letters
    if code == 0xFEFF:
        return before not in (0, 0x0A)  # a byte order mark begins a text, and each part of texts that were joined
    return code in _BIDI or code in _UNSEEN


def _in_flag(text: str, at: int) -> bool:
    while at and ord(text[at]) in _TAGS:
        at -= 1
    return ord(text[at]) == _BLACK_FLAG
