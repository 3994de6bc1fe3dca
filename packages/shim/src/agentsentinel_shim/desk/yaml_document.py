"""YAML, read by PyYAML, whose nodes know their positions."""

from __future__ import annotations

from typing import Any

import yaml

from agentsentinel_shim.desk.documents import MOST_DEPTH, Broken, Path, Span, escaped


class YamlDocument:
    """One parsed text. Raises Broken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: dict[Path, Span] = {}
        try:
            _refuse_aliases(text)
            self._index(yaml.compose(text, Loader=yaml.SafeLoader), ())
            self.value: Any = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise Broken(" ".join(str(error).split())) from None
        except Broken:
            raise
        except ValueError as error:  # such as a date that does not exist
            raise Broken(str(error)) from None
        except RecursionError:
            raise Broken("it is nested too deeply") from None

    def span(self, path: Path) -> Span:
        """Return where a value is."""
        try:
            return self._spans[path]
        except KeyError:
            raise Broken(f"{path[-1]} is written in a way that cannot be kept; edit it by hand") from None

    def quote(self, word: str) -> str:
        """Return a string as YAML writes it."""
        return escaped(word)

    def key(self, name: str) -> str:
        """Return a member's name with the sign after it."""
        return f"{name}: "

    def is_flow(self, path: Path) -> bool:
        """Whether the members of a mapping stand in braces, with commas between them."""
        return self.text.startswith("{", self.span(path)[0])

    def _index(self, node: yaml.Node | None, path: Path) -> None:
        if node is None:
            return
        if len(path) > MOST_DEPTH:
            raise Broken("it is nested too deeply")
        start, end = node.start_mark.index, node.end_mark.index
        self._spans[path] = (start, start + len(self.text[start:end].rstrip()))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._index(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self._index(item, (*path, number))


def _refuse_aliases(text: str) -> None:
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
        raise Broken("it uses aliases (*name), whose edit would change several places; edit it by hand")
