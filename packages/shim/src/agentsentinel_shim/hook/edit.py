"""Adds items to the lists of a JSON file and takes them out again, without changing a byte of what else is there."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from agentsentinel_shim.desk.documents import Broken, Edit, Path, apply, get
from agentsentinel_shim.desk.json_document import JsonDocument

HOOKS = "hooks"
IsOurs = Callable[[Any], bool]


def added(text: str, items: dict[str, Any]) -> str:
    """Return the text with an item at the end of the list of each event. Raises Broken."""
    wanted = _value_of(text)
    for event, item in items.items():
        wanted.setdefault(HOOKS, {}).setdefault(event, []).append(item)
        document = JsonDocument(text)
        hooks = document.value.get(HOOKS)
        if hooks is None:
            edit = _into(document, (), f'"{HOOKS}": {_shown({event: [item]}, 1)}', 1)
        elif event not in hooks:
            edit = _into(document, (HOOKS,), f'"{event}": {_shown([item], 2)}', 2)
        else:
            edit = _into(document, (HOOKS, event), _shown(item, 3), 3)
        text = apply(text, [edit])
    return _checked(text, wanted)


def ours_in(text: str, is_ours: IsOurs) -> dict[str, Any]:
    """Return our item of each event, as it is written there. Raises Broken."""
    document = JsonDocument(text)
    spans = {event: document.span((HOOKS, event, at)) for _, event, at in _ours(_value_of(text), is_ours)}
    return {event: json.loads(text[start:end]) for event, (start, end) in spans.items()}


def removed(text: str, is_ours: IsOurs) -> str:
    """Return the text without our items, and without the lists and objects that then hold nothing. Raises Broken."""
    wanted = _value_of(text)
    while (found := next(_ours(_value_of(text), is_ours), None)) is not None:
        path: Path = found
        while len(path) > 1 and len(get(JsonDocument(text).value, path[:-1])) == 1:
            path = path[:-1]
        document = JsonDocument(text)
        text = apply(text, [_out(document, path)])
        holder = get(wanted, path[:-1])
        del holder[path[-1]]
    return _checked(text, wanted)


def _ours(value: Any, is_ours: IsOurs) -> Iterator[tuple[str, str, int]]:
    """Find the paths of our items."""
    hooks = value.get(HOOKS, {})
    for event, items in hooks.items() if isinstance(hooks, dict) else ():
        for at, item in enumerate(items if isinstance(items, list) else []):
            if is_ours(item):
                yield HOOKS, event, at


def _value_of(text: str) -> Any:
    value = copy.deepcopy(JsonDocument(text).value)
    hooks = value.get(HOOKS, {}) if isinstance(value, dict) else None
    if not isinstance(hooks, dict) or not all(isinstance(items, list) for items in hooks.values()):
        raise Broken("its hooks are not in the shape that the client documents; edit it by hand")
    return value


def _into(document: JsonDocument, path: Path, item: str, depth: int) -> Edit:
    """Return the edit that adds an item at the end of a list or object."""
    start, _ = document.span(path)
    holder = get(document.value, path)
    indent = "\n" + "  " * depth
    if not holder:
        return Edit(start + 1, start + 1, f"{indent}{item}\n{'  ' * (depth - 1)}")
    last = list(holder)[-1] if isinstance(holder, dict) else len(holder) - 1
    _, after = document.span((*path, last))
    return Edit(after, after, f",{indent}{item}")


def _out(document: JsonDocument, path: Path) -> Edit:
    """Return the edit that takes an item out of its list or object, with the comma that belongs to it."""
    holder_path, key = path[:-1], path[-1]
    holder = get(document.value, holder_path)
    keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    at = keys.index(key)
    open_, _ = document.span(holder_path)
    _, end = document.span(path)
    if at > 0:
        _, start = document.span((*holder_path, keys[at - 1]))
        return Edit(start, end, "")
    text = document.text
    if len(keys) > 1:
        while text[end] != ",":
            end += 1
        return Edit(open_ + 1, end + 1, "")
    while text[end].isspace():
        end += 1
    return Edit(open_ + 1, end, "")


def _shown(value: Any, depth: int) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + "  " * depth)


def _checked(text: str, wanted: Any) -> str:
    """Return the text if it means what was wanted, and nothing else has changed."""
    if JsonDocument(text).value != wanted:
        raise Broken("it is written in a way that cannot be edited safely; edit it by hand")
    return text
