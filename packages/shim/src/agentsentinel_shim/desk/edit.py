"""Puts words in front of servers' commands and takes them away, in the text of a configuration file."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from agentsentinel_shim.desk.client_model import ANY, SERVER, Place, Shape
from agentsentinel_shim.desk.documents import Broken, Document, Edit, Path, apply, get

Parse = Callable[[str], Document]
MARK = ["shim", "--stdio"]
"""The words after `sentinel` in an entry that goes through the shim."""


@dataclass(frozen=True)
class Entry:
    """A server of a configuration file."""

    server: str
    path: Path
    shape: Shape
    words: list[Any] | None
    """Its command and arguments; None for a server over HTTP."""
    url: str | None = None
    has_list: bool = True
    """Whether it has a list of arguments, if only an empty one."""

    @property
    def prefix(self) -> list[str]:
        """The shim's words in front of the server's own; none when it does not go through the shim."""
        words = self.words or []
        is_ours = bool(words) and PurePath(words[0]).stem == "sentinel" and words[1:3] == MARK
        if not is_ours or "--" not in words[:-1]:
            return []
        return words[: words.index("--") + 1]


def entries(document: Document, places: Sequence[Place]) -> list[Entry]:
    """Return the servers of a document, in its order."""
    return entries_of(document.value, places)


def entries_of(value: Any, places: Sequence[Place]) -> list[Entry]:
    """Return the servers of a document's plain data, in its order."""
    return [
        entry
        for place in places
        for path, server in _matches(value, place.keys, place.shape)
        if (entry := _entry(get(value, path), path, server, place.shape)) is not None
    ]


def wrapped(parse: Parse, text: str, prefixes: Mapping[Path, Sequence[str]], places: Sequence[Place]) -> str:
    """Return the text with words in front of the commands of entries. Raises Broken."""
    document = parse(text)
    edits: list[Edit] = []
    wanted = copy.deepcopy(document.value)
    for entry in entries(document, places):
        prefix = prefixes.get(entry.path)
        if prefix and entry.words and not entry.prefix:
            edits += _wrap(document, entry, prefix)
            _set_words(wanted, entry, [*prefix, *entry.words])
    return _checked(parse, apply(text, edits), wanted)


def unwrapped(
    parse: Parse, text: str, paths: Collection[Path], places: Sequence[Place], bare: Collection[Path] = ()
) -> str:
    """Return the text without the shim's words in front of the commands of entries. Raises Broken.

    Args:
        bare: entries that had no list of arguments before.
    """
    document = parse(text)
    edits: list[Edit] = []
    wanted = copy.deepcopy(document.value)
    for entry in entries(document, places):
        if entry.path in paths and entry.prefix and entry.words:
            is_bare = entry.path in bare and _has_added_list(document, entry)
            edits += _unwrap(document, entry, is_bare=is_bare)
            _set_words(wanted, entry, entry.words[len(entry.prefix) :], is_bare=is_bare)
    return _checked(parse, apply(text, edits), wanted)


def restored(parse: Parse, text: str, backup: str | None, paths: Sequence[Path], places: Sequence[Place]) -> str:
    """Return the text as it was before entries went through the shim. Raises Broken.

    Where the backup with the same words in front is the text, nothing else has changed since, and the backup's bytes
    come back; else the words are taken out of the text as it is now.

    Args:
        backup: the text before the first of its entries went through the shim.
        paths: the entries to restore.
    """
    bare: list[Path] = []
    ours = {entry.path: entry.prefix for entry in entries(parse(text), places) if entry.prefix}
    if backup is not None:
        rest = {path: prefix for path, prefix in ours.items() if path not in paths}
        try:
            before = entries(parse(backup), places)
            bare = [entry.path for entry in before if len(entry.words or []) == 1 and not entry.has_list]
            if wrapped(parse, backup, ours, places) == text:
                text = wrapped(parse, backup, rest, places)
        except Broken:
            pass  # it is not the backup of this text
    return unwrapped(parse, text, paths, places, bare)


def _matches(value: Any, keys: Sequence[str], shape: Shape) -> Iterator[tuple[Path, str]]:
    """Find the paths that the keys of a place stand for, each with the name of its server."""
    if not keys:
        yield (), ""
        return
    key, *rest = keys
    found: list[tuple[str | int, str]]
    if key == SERVER and shape.name is not None:
        numbered = enumerate(value if isinstance(value, list) else [])
        found = [(number, str(item.get(shape.name, number))) for number, item in numbered if isinstance(item, dict)]
    elif not isinstance(value, dict):
        return
    elif key in (SERVER, ANY):
        found = [(name, name) for name in value]
    else:
        found = [(key, key)] if key in value else []
    for step, name in found:
        for path, server in _matches(value[step], rest, shape):
            yield (step, *path), str(name) if key == SERVER else server


def _entry(value: Any, path: Path, server: str, shape: Shape) -> Entry | None:
    """Read the entry at a path; None for what starts nothing and is at no address."""
    if not isinstance(value, dict):
        return None
    command = value.get(shape.command)
    arguments = command if shape.arguments is None else value.get(shape.arguments, [])
    url = next((value[name] for name in shape.urls if isinstance(value.get(name), str)), None)
    if isinstance(arguments, list):
        words = arguments if shape.arguments is None else [command, *arguments]
        if words and isinstance(words[0], str):
            has_list = shape.arguments is None or shape.arguments in value
            return Entry(server, path, shape, words, has_list=has_list)
    return None if url is None else Entry(server, path, shape, None, url)


def _set_words(value: Any, entry: Entry, words: Sequence[Any], *, is_bare: bool = False) -> None:
    """Change plain data as an edit should have changed it."""
    holder = get(value, entry.path)
    if entry.shape.arguments is None:
        holder[entry.shape.command] = list(words)
    else:
        holder[entry.shape.command] = words[0]
        holder[entry.shape.arguments] = list(words[1:])
        if is_bare:
            del holder[entry.shape.arguments]


def _checked(parse: Parse, text: str, wanted: Any) -> str:
    """Return the text if it means what was wanted, and nothing else has changed."""
    try:
        is_right = parse(text).value == wanted
    except Broken:
        is_right = False
    if not is_right:
        raise Broken("it is written in a way that cannot be edited safely; edit it by hand")
    return text


def _wrap(document: Document, entry: Entry, prefix: Sequence[str]) -> list[Edit]:
    shape = entry.shape
    command = (*entry.path, shape.command)
    if shape.arguments is None:
        return [_prepend(document, command, prefix)]
    start, end = document.span(command)
    words = [*prefix[1:], get(document.value, command)]
    arguments = (*entry.path, shape.arguments)
    first = Edit(start, end, document.quote(prefix[0]))
    if entry.has_list:
        return [first, _prepend(document, arguments, words)]
    return [first, Edit(end, end, _added(document, entry, words))]


def _unwrap(document: Document, entry: Entry, *, is_bare: bool) -> list[Edit]:
    shape, prefix = entry.shape, entry.prefix
    command = (*entry.path, shape.command)
    if shape.arguments is None:
        return [_take_away(document, command, prefix)]
    words = (entry.words or [])[1 : len(prefix) + 1]
    start, end = document.span(command)
    first = Edit(start, end, document.quote(words[-1]))
    if is_bare:
        return [first, Edit(end, end + len(_added(document, entry, words)), "")]
    return [first, _take_away(document, (*entry.path, shape.arguments), words)]


def _has_added_list(document: Document, entry: Entry) -> bool:
    """Whether the list of arguments is the one that was added after the command, with nothing added since."""
    _, end = document.span((*entry.path, entry.shape.command))
    return document.text.startswith(_added(document, entry, (entry.words or [])[1:]), end)


def _inserted(document: Document, start: int, words: Sequence[str], *, is_last: bool) -> tuple[int, str]:
    """Return where and how words are written at the front of the list that begins at `start`."""
    text = document.text
    if text[start] == "[":
        return start + 1, ", ".join(map(document.quote, words)) + ("" if is_last else ",")
    line = text.rfind("\n", 0, start) + 1
    indent = " " * (start - line)
    return start, "".join(f"- {document.quote(word)}{_newline(text)}{indent}" for word in words)


def _prepend(document: Document, path: Path, words: Sequence[str]) -> Edit:
    start, _ = document.span(path)
    position, text = _inserted(document, start, words, is_last=not get(document.value, path))
    return Edit(position, position, text)


def _take_away(document: Document, path: Path, words: Sequence[str]) -> Edit:
    """Remove words from the front of a list: what was inserted, or the whole list where it was written anew since."""
    start, end = document.span(path)
    rest = get(document.value, path)[len(words) :]
    position, inserted = _inserted(document, start, words, is_last=True)
    if document.text.startswith(inserted, position):
        stop = position + len(inserted)
        return Edit(position, stop + document.text.startswith(",", stop), "")
    return Edit(start, end, f"[{', '.join(_literal(document, word) for word in rest)}]")


def _literal(document: Document, word: Any) -> str:
    return document.quote(word) if isinstance(word, str) else json.dumps(word)


def _added(document: Document, entry: Entry, words: Sequence[str]) -> str:
    """Return the text of a list of arguments for an entry that has none, to stand after its command."""
    name = str(entry.shape.arguments)
    items = f"[{', '.join(map(document.quote, words))}]"
    if document.is_flow(entry.path):
        return f", {document.key(name)}{items}"
    start, _ = document.span((*entry.path, entry.shape.command))
    before = document.text[document.text.rfind("\n", 0, start) + 1 : start]
    before = re.sub("^ *- +", lambda dash: " " * len(dash[0]), before)  # the first member of an item of a list
    return f"{_newline(document.text)}{name.join(before.rsplit(entry.shape.command, 1))}{items}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
