"""Overwriting of source that the running `ast` cannot parse, without moving any other line."""

import re
from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Language, Node, Parser

_LANGUAGE = Language(tree_sitter_python.language())
_PREFIX = re.compile(rb"[a-zA-Z]*")
_TEMPLATE = re.compile(rb"(?<![\w'\"])([tT][rR]?|[rR][tT])(?=['\"])")
_EXCEPT = re.compile(rb"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)([ \t]*:)", re.M)
_CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.M)
_GENERIC = frozenset({"function_definition", "class_definition"})
_CELL_OR_BLOCK = frozenset({"module", "block"})


class Repair:
    """Text that is repaired step by step until `ast` can parse it."""

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "replace")

    @property
    def text(self) -> str:
        """Text after the repairs so far; its number of lines never changes."""
        return self._data.decode("utf-8", "replace")

    def lower_newer_grammar(self) -> None:
        """Replace grammar of Python 3.12 to 3.14 by grammar of 3.10 that is equivalent for an extractor."""
        # tree-sitter does not know the prefix of template strings; f-strings are equivalent, as both are dynamic.
        self._data = _TEMPLATE.sub(lambda found: b"f" if len(found[1]) == 1 else b"fr", self._data)
        self._data = _EXCEPT.sub(lambda found: found[1] + b"(" + found[2] + b")" + found[3], self._data)
        edits = [edit for node in _walk(self._tree()) if (edit := _lowered(node, self._data))]
        for start, end, text in sorted(edits, reverse=True):
            self._data = self._data[:start] + text + self._data[end:]

    def cut_statement(self, line: int) -> bool:
        """Blank the smallest statement around a line. Return False when it is already blank."""
        if _CONFLICT.search(self._data):
            self._data = _CONFLICT.sub(b"", self._data)
            return True
        lines = self._data.split(b"\n")
        at = min(max(line, 1), len(lines)) - 1
        while at > 0 and not lines[at].strip():
            at -= 1
        start = len(lines[at]) - len(lines[at].lstrip())
        first, last = self._statement(at, start, max(start, len(lines[at].rstrip()) - 1))
        if not any(text.strip() for text in lines[first : last + 1]):
            return False
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        blank = [b""] * (last - first + 1)
        if lines[first].strip() != b"pass":
            # A block must not become empty.
            blank[0] = indent + b"pass"
        lines[first : last + 1] = blank
        self._data = b"\n".join(lines)
        return True

    def _statement(self, row: int, start: int, end: int) -> tuple[int, int]:
        node = self._tree().descendant_for_point_range((row, start), (row, end))
        while node is not None and node.parent is not None and node.parent.type not in _CELL_OR_BLOCK:
            node = node.parent
        if node is None or node.parent is None or node.end_point[0] - node.start_point[0] > 60:
            return row, row
        return min(node.start_point[0], row), max(node.end_point[0], row)

    def _tree(self) -> Node:
        return Parser(_LANGUAGE).parse(self._data).root_node


def _walk(root: Node) -> Iterator[Node]:
    """Yield every node, outer before inner, without the children of strings that are replaced as a whole."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if not (node.type == "string" and _is_newer_string(node)):
            stack.extend(node.children)


def _lowered(node: Node, data: bytes) -> tuple[int, int, bytes] | None:
    start, end = node.start_byte, node.end_byte
    if node.type == "type_parameter" and node.parent is not None and node.parent.type in _GENERIC:
        return start, end, _only_newlines(data[start:end])
    if node.type == "type_alias_statement":
        return _lowered_alias(data[start:end], start, end)
    if node.type == "string" and _is_newer_string(node):
        return start, end, _plain_string(data[start:end])
    return None


def _lowered_alias(text: bytes, start: int, end: int) -> tuple[int, int, bytes]:
    head, _, tail = text.partition(b"=")
    name = re.match(rb"type\s+(\w+)", head)
    if name is None:
        return start, end, b"pass" + _only_newlines(text)
    return start, end, name[1] + _only_newlines(head) + b" = (" + tail.strip() + b")"


def _is_newer_string(node: Node) -> bool:
    """Tell whether an f-string needs Python 3.12: its fields contain its quotes, a backslash, a comment, a newline."""
    first = node.children[0] if node.children else None
    if first is None or first.type != "string_start" or first.text is None:
        return False
    quote = _PREFIX.sub(b"", first.text, count=1)
    fields = [child.text or b"" for child in node.children if child.type == "interpolation"]
    if len(quote) == 3:
        return any(b"\\" in field or b"#" in field or quote in field for field in fields)
    return any(quote in field or b"\\" in field or b"\n" in field or b"#" in field for field in fields)


def _plain_string(text: bytes) -> bytes:
    """Return an f-string with the same number of lines whose value is known only at run time."""
    return b"f'''{_}" + b"\n" * text.count(b"\n") + b"'''"


def _only_newlines(text: bytes) -> bytes:
    return b"\n" * text.count(b"\n")
