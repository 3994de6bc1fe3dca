"""JSON encoding of facts, used to send them between processes and to cache them.

JSON instead of pickle, because a damaged or planted cache can then at worst be wrong or unreadable; unpickling it could
run code. Each object becomes a list that starts with a one-letter tag; plain tuples have an empty tag.
"""

import json
from typing import Any

from agentsentinel_cli.scan.model import (
    AgentFact,
    EffectFact,
    FileFacts,
    FlagFact,
    GrantFact,
    GrantKind,
    Place,
    PoisonFact,
    SafeguardFact,
    SecretFact,
    ServerFact,
    Symbol,
    ToolFact,
)

_CLASSES: dict[str, type] = {
    "P": Place,
    "Y": Symbol,
    "A": EffectFact,
    "T": ToolFact,
    "G": GrantFact,
    "M": ServerFact,
    "N": AgentFact,
    "S": SecretFact,
    "X": PoisonFact,
    "F": FileFacts,
    "L": SafeguardFact,
    "B": FlagFact,
}
_TAGS = {cls: tag for tag, cls in _CLASSES.items()}
_FIELDS: dict[type, tuple[str, ...]] = {cls: getattr(cls, "__match_args__") for cls in _TAGS}  # noqa: B009


def encode(facts: FileFacts) -> str:
    """Encode facts as one line of JSON."""
    return json.dumps(_plain(facts), separators=(",", ":"))


def decode(text: str | bytes) -> FileFacts:
    """Decode facts. Raises ValueError for anything that `encode` does not write."""
    try:
        facts = _object(json.loads(text))
    except (TypeError, ValueError, KeyError, RecursionError, IndexError) as error:
        raise ValueError("not encoded facts") from error
    if not (isinstance(facts, FileFacts) and all(type(getattr(facts, name)) is tuple for name in _TUPLES)):
        raise ValueError("not encoded facts")
    return facts


_TUPLES = ("tools", "agents", "secrets", "poison", "ignores")


def _plain(value: Any) -> Any:
    cls = type(value)
    if cls in _TAGS:
        return [_TAGS[cls], *(_plain(getattr(value, name)) for name in _FIELDS[cls])]
    if cls is tuple:
        return ["", *map(_plain, value)]
    if cls is dict:
        return {key: _plain(member) for key, member in value.items()}
    return value.value if cls is GrantKind else value


def _object(value: Any) -> Any:
    cls = type(value)
    if cls is list:
        tag, *members = value
        if tag == "":
            return tuple(map(_object, members))
        if tag == "G":
            return GrantFact(GrantKind(members[0]), *map(_object, members[1:]))
        return _CLASSES[tag](*map(_object, members))
    if cls is dict:
        return {key: _object(member) for key, member in value.items()}
    return value
