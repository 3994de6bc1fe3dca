"""The operation of a tool call: which word of a list says what it does with its tool.

A tool is recognised by the words of its name and by its arguments. Nothing of an argument is returned, only words of
`vocabulary.py`: a client that reports an operation reveals which of them it is.
"""

from __future__ import annotations

from agentsentinel_core.operations.vocabulary import (
    ACTION_ARGUMENTS,
    ACTION_TOOLS,
    ACTIONS,
    ENVELOPES,
    HTTP_TOOLS,
    LINES_ARGUMENT,
    METHOD_ARGUMENTS,
    METHODS,
    OTHER,
    SHELL_ARGUMENTS,
    SHELL_TOOLS,
    SQL_ARGUMENTS,
    SQL_TOOLS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeGuard
else:
    from _collections_abc import Mapping

LONGEST_NAME = 255
"""Characters of a tool's name that are read."""
MOST_MEMBERS = 64
"""Arguments of a call that are looked at."""
MOST_TEXTS = 256
"""Words of a command, or statements, that are given as a list."""
LONGEST_ACTION = 32
LONGEST_OPERATION = 64
_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.+-")


def is_operation(value: object) -> TypeGuard[str]:
    """Whether the API takes a value as an operation."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_OPERATION and _SIGNS.issuperset(value)


def operation_of(tool_name: object, arguments: object) -> str | None:
    """Return what a call does with its tool, as the API takes it; None where that is not known. Never raises.

    Args:
        tool_name: as the model knows it.
        arguments: an object by parameter name, or a text that is the only argument.
    """
    try:
        return _operation_of(tool_name, arguments)
    except Exception:  # an object of the host's own: reporting must not break the host
        return None


def _operation_of(tool_name: object, arguments: object) -> str | None:
    if not isinstance(tool_name, str):
        return None
    words = words_of(tool_name)
    members = _members(arguments)
    for tools, read in ((SQL_TOOLS, _sql), (SHELL_TOOLS, _shell), (HTTP_TOOLS, _method), (ACTION_TOOLS, _action)):
        operation = read(members) if words & tools else None
        if operation:
            return operation
    return None


def words_of(name: str) -> set[str]:
    """Return the words of a name in lower case, split at signs, at digits, and where a capital letter begins one."""
    name = name[:LONGEST_NAME]
    words, begin = set(), 0
    for at in range(len(name) + 1):
        if at == len(name) or not name[at].isalpha():
            words.add(name[begin:at].lower())
            begin = at + 1
        elif name[at].isupper() and (name[at - 1 : at].islower() or name[at + 1 : at + 2].islower()):
            words.add(name[begin:at].lower())
            begin = at
    return words


def _members(arguments: object) -> dict[str, object]:
    """Return the arguments by name in lower case, with those of an object among them; a lone text is under ""."""
    if isinstance(arguments, str):
        return {"": arguments}
    if not isinstance(arguments, Mapping):
        return {}
    members = _by_name(arguments)
    for envelope in ENVELOPES:
        inner = members.get(envelope)
        if isinstance(inner, Mapping):
            members = {**members, **_by_name(inner)}
    if len(arguments) == 1:
        members[""] = next(iter(arguments.values()))
    return members


def _by_name(arguments: Mapping[Any, object]) -> dict[str, object]:
    if len(arguments) > MOST_MEMBERS:
        return {}
    return {name.lower(): value for name, value in arguments.items() if isinstance(name, str)}


def _values(members: dict[str, object], names: Sequence[str]) -> list[object]:
    """Return the values of the arguments with these names that hold anything, in the order of the names."""
    return [members[name] for name in names if members.get(name)]


def _texts(value: object) -> list[str]:
    """Return the texts in a list, one more than MOST_TEXTS at most; a text is a list of itself."""
    texts = value[: MOST_TEXTS + 1] if isinstance(value, (list, tuple)) else [value]
    return [text for text in texts if isinstance(text, str)]


def _shell(members: dict[str, object]) -> str | None:
    values = _values(members, (*SHELL_ARGUMENTS, ""))
    lines = _texts(members.get(LINES_ARGUMENT))
    if len(values) > 1 or len(lines) > 1:
        return _several_lines(values, lines)
    value = next(iter(values), None)
    words = _texts(value)
    if isinstance(value, str) and " " not in value:
        words += _texts(members.get("args"))
    if not words:
        return None
    from agentsentinel_core.operations import shell

    if len(words) > MOST_TEXTS:
        return OTHER
    if len(words) == 1 or " " in words[0].strip():
        return shell.programs_of_line("\n".join(words))
    return shell.programs_of_words(words)


def _several_lines(values: Sequence[object], lines: Sequence[str]) -> str | None:
    """Return the programs of all the lines that are given, each in an argument or in a list of lines."""
    texts = [*lines, *(value for value in values if isinstance(value, str))]
    texts += [" ".join(_texts(value)) for value in values if isinstance(value, (list, tuple)) and value != lines]
    from agentsentinel_core.operations import shell

    return shell.programs_of_line("\n".join(texts)) if 0 < len(texts) <= MOST_TEXTS else OTHER


def _sql(members: dict[str, object]) -> str | None:
    for value in _values(members, (*SQL_ARGUMENTS, "")):
        texts = _texts(value)
        if texts:
            from agentsentinel_core.operations import sql

            return sql.verbs_of(";".join(texts)) if len(texts) <= MOST_TEXTS else OTHER
    return None


def _method(members: dict[str, object]) -> str | None:
    for value in _values(members, METHOD_ARGUMENTS):
        if isinstance(value, str):
            return _listed(value, METHODS)
    return None


def _action(members: dict[str, object]) -> str | None:
    known = [_listed(value, ACTIONS) for value in _values(members, ACTION_ARGUMENTS) if isinstance(value, str)]
    named = next((action for action in known if action != OTHER), None)
    return named or (OTHER if isinstance(members.get("action"), str) else None)


def _listed(value: str, words: frozenset[str]) -> str:
    """Return a word as it is listed; OTHER for one that is not."""
    if len(value) > LONGEST_ACTION:
        return OTHER
    text = value.strip()
    spellings = (word.replace("-", "_").replace(" ", "_") for word in (text.lower(), _snake(text)))
    return next((word for word in spellings if word in words), OTHER)


def _snake(text: str) -> str:
    """Write `leftClick` as `left_click`."""
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in text).lstrip("_")
