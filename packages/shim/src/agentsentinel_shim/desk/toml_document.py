"""TOML, read by tomlkit, which keeps every byte of what it does not change."""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from agentsentinel_shim.desk.documents import Broken, Path, Span, escaped

_MARK = "agentsentinel-mark-7f3c"


class TomlDocument:
    """One parsed text. Raises Broken."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            parsed = tomlkit.parse(text)
            self.value: Any = parsed.unwrap()
        except (TOMLKitError, ValueError) as error:
            raise Broken(str(error)) from None
        except RecursionError:
            raise Broken("it is nested too deeply") from None
        if tomlkit.dumps(parsed) != text or _MARK in text:
            raise Broken("it is written in a way that cannot be kept; edit it by hand")

    def span(self, path: Path) -> Span:
        """Return where a value is: tomlkit knows no positions, so it is where a mark in its place would be."""
        parsed: Any = tomlkit.parse(self.text)
        holder = parsed
        for key in path[:-1]:
            holder = holder[key]
        raw = holder[path[-1]].as_string()
        holder[path[-1]] = _MARK
        start = tomlkit.dumps(parsed).find(f'"{_MARK}"')
        if start < 0 or self.text[start : start + len(raw)] != raw:
            raise Broken(f"{path[-1]} is written in a way that cannot be kept; edit it by hand")
        return start, start + len(raw)

    def quote(self, word: str) -> str:
        """Return a string as TOML writes it."""
        return escaped(word)

    def key(self, name: str) -> str:
        """Return a member's name with the sign after it."""
        return f"{name} = "

    def is_flow(self, path: Path) -> bool:
        """Whether the members of a mapping stand in braces, with commas between them."""
        holder: Any = tomlkit.parse(self.text)
        for key in path:
            holder = holder[key]
        return isinstance(holder, InlineTable)
