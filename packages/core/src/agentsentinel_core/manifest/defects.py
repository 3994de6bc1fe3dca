"""Defects of definitions: what in a server's manifest misleads a model or a client, or gives a caller too much room.

Sources: the Model Context Protocol of 2026-07-28 (annotations, `x-mcp-header`, `cacheScope`, icons, schemas) and its
skills extension; RFC 9110 5.6.2 for header names.
"""

import re
from collections.abc import Iterator

from agentsentinel_core.agents import DefectKind, DefinitionDefect
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.manifest.model import Definition, Item, ItemKind, Manifest, text_of
from agentsentinel_core.manifest.schema import MOST_NODES, Node, nodes_of
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_core.tools.name import read_name
from agentsentinel_core.tools.vocabulary import VAGUE_ACTS
from agentsentinel_core.tools.words import word_set

MOST_DEPTH = 32
"""Deepest nesting of a schema that clients can be expected to check."""
FEWEST_WORDS = 3
"""Fewest words of a description that says what a tool does."""

_HEADER = "x-mcp-header"
_HEADER_NAME = lazy_compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_TYPES = frozenset({"string", "integer", "boolean"})
_WORDS = lazy_compile(r"\w+")
_PLACEHOLDER = lazy_compile(r"\s*(?:todo|tbd|fixme|description|placeholder|lorem ipsum)\b", re.IGNORECASE)
_BOUNDS = ("enum", "const", "pattern", "maxLength", "format")
_SECRET_WORDS = word_set("password passwd passphrase secret token apikey credential credentials pin otp")
_STEERING_WORDS = word_set(
    "command cmd shell script code sql query statement expression eval path file filename directory dir url uri host"
    " hostname address endpoint recipient recipients to"
)
"""Words of parameters that say what is run, read, written or reached, unlike content such as a message's text."""
_ICON_SCHEMES = ("https:", "data:")


def defects_of(manifest: Manifest) -> Iterator[DefinitionDefect]:
    """Return the defects of all items, in their order."""
    for item in manifest.items:
        if item.kind is ItemKind.TOOL:
            yield from _of_tool(item)
        elif item.kind is ItemKind.PROMPT:
            yield from _vague(item)
        elif item.kind is ItemKind.SKILL:
            yield from _of_skill(item)
        yield from _icons(item)
    if manifest.lists_are_public and not manifest.is_open:
        detail = "its lists are for signed-in callers, and it lets caches share them (cacheScope: public)"
        yield DefinitionDefect(DefectKind.UNSAFE, "the server", detail)


def class_of(item: Item) -> ToolClass:
    """Classify a tool by all that its definition states."""
    annotations = item.definition.get("annotations")
    schema = item.definition.get("inputSchema")
    return classify(
        item.name,
        description=text_of(item.definition, "description") or None,
        annotations=annotations if isinstance(annotations, dict) else None,
        input_schema=schema if isinstance(schema, dict) else None,
    )


def _of_tool(item: Item) -> Iterator[DefinitionDefect]:
    yield from _vague(item)
    yield from _misleading(item)
    nodes = list(nodes_of(item.definition.get("inputSchema")))
    yield from _headers(item, nodes)
    yield from _unbounded(item, nodes)
    schemas = [*nodes, *nodes_of(item.definition.get("outputSchema"))]
    far = sorted({text for node in schemas if _is_remote(text := text_of(node.schema, "$ref"))})
    if far:
        yield DefinitionDefect(DefectKind.UNSAFE, item.name, f"its schema is to be fetched from {far[0][:200]!a}")
    if len(nodes) >= MOST_NODES or any(node.depth > MOST_DEPTH for node in schemas):
        yield DefinitionDefect(DefectKind.UNSAFE, item.name, "its schema is too deep or too large to check")


def _vague(item: Item) -> Iterator[DefinitionDefect]:
    description = text_of(item.definition, "description")
    words = [word.lower() for word in _WORDS.findall(description)]
    if not words:
        yield DefinitionDefect(DefectKind.VAGUE, item.name, "no description")
    elif _PLACEHOLDER.match(description) and len(words) < 6:
        yield DefinitionDefect(DefectKind.VAGUE, item.name, f"a placeholder: {description[:60]!a}")
    elif len(words) < FEWEST_WORDS and _adds_nothing(words, item.name):
        yield DefinitionDefect(DefectKind.VAGUE, item.name, f"only its name again: {description[:60]!a}")


def _adds_nothing(words: list[str], name: str) -> bool:
    known = {word.lower() for word in re.findall(r"[A-Za-z][a-z]*|\d+", name)}
    return all(word in known or word in ("tool", "a", "the", "this") for word in words)


def _misleading(item: Item) -> Iterator[DefinitionDefect]:
    annotations = item.definition.get("annotations")
    if not isinstance(annotations, dict):
        return
    says_read = annotations.get("readOnlyHint") is True
    if says_read and annotations.get("destructiveHint") is True:
        yield DefinitionDefect(DefectKind.MISLEADING, item.name, "claims to read only, and to destroy")
    elif says_read and _writes(item.name):
        yield DefinitionDefect(DefectKind.MISLEADING, item.name, "claims to read only, and its name writes")
    elif annotations.get("destructiveHint") is False and _destroys(item.name):
        yield DefinitionDefect(DefectKind.MISLEADING, item.name, "claims to destroy nothing, and its name destroys")


def _writes(name: str) -> bool:
    """Whether a name holds a verb that always writes: `delete_user`; not `run_report`, not `list_deployments`."""
    verbs = [verb for _, verb in read_name(name).acts()]
    return any(not verb.can_be_noun and verb.word not in VAGUE_ACTS for verb in verbs)


def _destroys(name: str) -> bool:
    return not {"delete", "remove", "drop", "purge", "destroy", "wipe", "erase"}.isdisjoint(
        word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)
    )


def _headers(item: Item, nodes: list[Node]) -> Iterator[DefinitionDefect]:
    """Return what is wrong with parameters that are repeated in HTTP headers, which proxies and logs see."""
    seen: set[str] = set()
    for schema, path, _ in nodes:
        if _HEADER not in schema:
            continue
        name = schema[_HEADER]
        where = ".".join(path) if path else "a parameter"
        if not path or not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            yield DefinitionDefect(DefectKind.UNSAFE, item.name, f"an invalid {_HEADER} on {where}")
        elif schema.get("type") not in _HEADER_TYPES:
            yield DefinitionDefect(DefectKind.UNSAFE, item.name, f"{_HEADER} on {where}, whose type cannot be a header")
        elif name.lower() in seen:
            yield DefinitionDefect(DefectKind.UNSAFE, item.name, f"two parameters with the same {_HEADER} {name!a}")
        elif _names_a_secret(path[-1]) or _names_a_secret(name):
            yield DefinitionDefect(DefectKind.UNSAFE, item.name, f"{_HEADER} puts the secret {where} in a header")
        if isinstance(name, str):
            seen.add(name.lower())


def _unbounded(item: Item, nodes: list[Node]) -> Iterator[DefinitionDefect]:
    if not class_of(item).is_dangerous:
        return
    free = sorted({node.path[-1] for node in nodes if node.path and _is_free(node.schema) and _steers(node.path[-1])})
    if free:
        yield DefinitionDefect(DefectKind.UNBOUNDED, item.name, f"takes any text as {', '.join(free[:10])}")


def _is_free(schema: Definition) -> bool:
    """Whether a schema lets any text in."""
    kind = schema.get("type")
    takes_text = kind in (None, "string") or (isinstance(kind, list) and "string" in kind)
    is_composed = any(keyword in schema for keyword in ("$ref", "anyOf", "oneOf", "allOf", "properties", "items"))
    return takes_text and not is_composed and not any(bound in schema for bound in _BOUNDS)


def _of_skill(item: Item) -> Iterator[DefinitionDefect]:
    matter = item.definition.get("frontmatter")
    names = {str(name).lower() for name in matter} if isinstance(matter, dict) else set[str]()
    if item.definition.get("resources") == "dynamic":
        yield DefinitionDefect(DefectKind.UNSAFE, item.name, "a skill whose files are known only when they are read")
    if "allowed-tools" in names:
        yield DefinitionDefect(DefectKind.UNSAFE, item.name, "a skill that grants itself tools (allowed-tools)")
    if "hooks" in names:
        yield DefinitionDefect(DefectKind.UNSAFE, item.name, "a skill that brings hooks, which clients run")


def _icons(item: Item) -> Iterator[DefinitionDefect]:
    icons = item.definition.get("icons")
    for icon in icons if isinstance(icons, list) else ():
        source = text_of(icon, "src") if isinstance(icon, dict) else ""
        if source and not source.lower().startswith(_ICON_SCHEMES):
            yield DefinitionDefect(DefectKind.UNSAFE, item.name or item.kind.value, f"an icon from {source[:100]!a}")
            return


def _is_remote(reference: str) -> bool:
    return reference.lower().startswith(("http:", "https:", "file:", "ftp:", "//"))


def _names_a_secret(name: str) -> bool:
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return not _SECRET_WORDS.isdisjoint(words) or ("api" in words and "key" in words)


def _steers(name: str) -> bool:
    return not _STEERING_WORDS.isdisjoint(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))
