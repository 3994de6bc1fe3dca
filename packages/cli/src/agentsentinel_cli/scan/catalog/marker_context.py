"""Context of a marker in Python: whether it can begin a tool or agent there, or only mentions them.

Parsing a file takes fifty times as long as searching it, and most files that contain "tool" only pass tools on: clients
with a `tools: list[Tool] | None = None`, registries with a `get_tools()`. So each marker is checked with the text
around it, and a single one that may begin something is enough to parse the file. These markers begin nothing:

* the name in a `def`, an annotation, a comment or a doctest, or in prose, where it follows another word;
* a call that returns tools or runs one, such as `get_tools()` and `call_tool()`;
* lists of tools, unless something receives them: a keyword argument that passes on a list of this file, or the request
  to a model.
"""

import re
from collections.abc import Iterable

from agentsentinel_cli.scan.catalog.agents import PYTHON_COMMON_AGENTS, PYTHON_CONFIGURED_REQUESTS, PYTHON_REQUESTS
from agentsentinel_core.lazy_regex import lazy_compile

_STRONG, _IDLE, _LIST, _PASSED, _ENTRY = range(5)
"""Kinds of markers: may begin a tool or agent, begins nothing, list, list passed as an argument, dictionary entry."""

_IDLE_CALL = re.compile(
    rb"_*(?:get|list|call|run|execute|invoke|has|find|filter|parse|format|validate|process|handle|remove|delete|is"
    rb"|prepare|resolve|select|count|refresh|sync|close|render|log|fetch|lookup|serialize|supports|normalize|check|print"
    rb"|show|display|unregister|clear|reset|convert(?!_to_))_"
)
"""Beginnings of names of functions that return, inspect or run tools, but create none."""
_WORD_BEFORE = re.compile(rb"\w*\Z")
_PROSE = re.compile(rb"(\w{1,40})[ \t]+[\w.]*\Z")
_KEYWORDS = frozenset(
    b"and as assert async await case del elif else except finally for from global if import in is lambda match nonlocal"
    b" not or print raise return type while with yield def class".split()
)
"""Keywords that a name may follow in code, with a space between them."""
_PARAMETER_DOC = re.compile(rb"[^()\n]{0,200}\)\s*:")
_HEADER = re.compile(rb"\b(def|class)\s+\w*\Z")
_REST_OF_CLASS_HEADER = re.compile(rb"[^()]{0,120}\)\s*:")
_NOTHING = re.compile(
    rb"\s*(?:None|True|False|\[\s*\]|\(\s*\)|NOT_GIVEN|NotGiven|omit|Omit|[fF]ield\(\s*default_factory\s*=\s*list\b"
    rb"|Field\(\s*default\s*=\s*None\b)"
)
_PASSED_ON = {
    b"tools": re.compile(rb"\s*(?:\w+\.)?_*(?:\w+_)?(?:tools|toolsets)\s*(?:[,)\n]|or\b|if\b)"),
    b"functions": re.compile(rb"\s*(?:\w+\.)?_*(?:\w+_)?functions\s*(?:[,)\n]|or\b|if\b)"),
}
"""Values of arguments that pass a list on: `tools=tools`, `tools=self._tools or None`."""
_TAKER = lazy_compile(
    rb"(?<!\w)(?:%b)\s*\(" % "|".join((*PYTHON_REQUESTS, *PYTHON_CONFIGURED_REQUESTS, *PYTHON_COMMON_AGENTS)).encode()
)
"""Calls that are requests or agents when tools are passed to them, but are not markers themselves."""
_TAKES_ENTRY = lazy_compile(rb"(?:%b)\s*\(" % "|".join(PYTHON_CONFIGURED_REQUESTS).encode())
_UNPACKED = re.compile(rb"(?m)^[ \t]*\(?[\w., ]{0,80}(?:tools|functions) ?,[\w., ]{0,80}\)? ?=(?!=)")
_CALLED = re.compile(rb"\w*\s*[(.]")
_TYPE = re.compile(rb"type['\"]\s{0,20}:\s{0,20}['\"]\Z")
_MAKES_AGENT = re.compile(rb"(?:create_\w{0,40}|initialize_)\Z")
_GIVEN = re.compile(rb"['\"]?\s*(?::|=(?!=))")
_METHOD = re.compile(rb"\w+\s*\(")
_SUBSCRIPT_BYTES = 300
_BYTES_ABOVE = 400
_BYTES_BEFORE = 160
_LONGEST_LINE = 4000
_MOST_PLACES = 2000
"""Number of markers above which a file is parsed without checking the rest."""


def may_begin(data: bytes, places: Iterable[tuple[int, int]]) -> bool:
    """Tell whether any marker, with its start and end offset, may define a tool or build an agent."""
    seen: set[int] = set()
    for count, (start, end) in enumerate(places):
        if count > _MOST_PLACES:
            return True
        kind = _kind(data, start, end)
        seen.add(kind)
        if kind == _STRONG:
            return True
    if _PASSED in seen and (_LIST in seen or _TAKER.search(data) or _UNPACKED.search(data)):
        return True
    return _ENTRY in seen and _TAKES_ENTRY.search(data) is not None


def is_mentioned_only(data: bytes, start: int, end: int) -> bool:
    """Tell whether a word is only mentioned: in a comment, a doctest or prose, or where its definition names it."""
    line = _line_of(data, start)
    before = data[max(line, start - _BYTES_BEFORE) : start]
    return _is_prose(data, line, before, data[start:end]) or _HEADER.search(before) is not None


def _is_prose(data: bytes, line: int, before: bytes, text: bytes) -> bool:
    is_whole = line == 0 or data[line - 1 : line] == b"\n"
    if is_whole and data[line : line + _BYTES_BEFORE].lstrip().startswith((b"#", b">>>")):
        return True
    prose = _PROSE.search(before)
    return prose is not None and prose[1] not in _KEYWORDS and text[0:1].isalpha()


def _line_of(data: bytes, at: int) -> int:
    """Return the offset where the line begins; in a very long line, an offset within it."""
    found = data.rfind(b"\n", max(0, at - _LONGEST_LINE), at)
    return found + 1 if found >= 0 else max(0, at - _LONGEST_LINE)


def _kind(data: bytes, start: int, end: int) -> int:
    line = _line_of(data, start)
    before = data[max(line, start - _BYTES_BEFORE) : start]
    text = data[start:end]
    if _is_prose(data, line, before, text):
        return _IDLE
    if text.endswith((b"(", b"[")) and text.startswith((b"tool", b"Tool", b"Agent", b"agent")):
        return _kind_of_call(data, text, before, end)
    if text.startswith((b"tools", b"functions")):
        return _kind_of_list(data, line, start, end)
    if text.startswith(b"function") and text.endswith((b"'", b'"')):
        return _STRONG if _TYPE.search(before) else _IDLE
    if text.startswith((b"FunctionDeclaration", b"FunctionSchema", b"FunctionDefinition", b"StdioServerParam")):
        return _STRONG if _CALLED.match(data, end) else _IDLE
    if text.endswith(b"_declarations"):
        return _STRONG if _GIVEN.match(data, end) else _IDLE
    if text.endswith(b".") and text.startswith(b"Agent"):
        return _STRONG if _METHOD.match(data, end) else _IDLE
    if text.startswith(b"chema") and text.endswith(b":") and text[-2:-1].isalpha():
        return _IDLE  # an annotation; a key has a quote
    return _STRONG


def _kind_of_call(data: bytes, text: bytes, before: bytes, end: int) -> int:
    header = _HEADER.search(before)
    if header is not None:
        # When all bases of a class are visible, none is a tool or agent: such a base would be a separate marker.
        is_idle = header[1] == b"def" or _REST_OF_CLASS_HEADER.match(data, end) is not None
        return _IDLE if is_idle else _STRONG
    if text.startswith(b"agent"):
        return _STRONG if _MAKES_AGENT.search(before) else _IDLE
    if text.endswith(b"["):
        return _STRONG if _is_called_after(data, end) else _IDLE
    if text.startswith(b"tool"):
        if not before.strip() and text[-2:-1].isspace() and _PARAMETER_DOC.match(data, end):
            return _IDLE  # `tool (Tool): the tool to wrap`
        found = _WORD_BEFORE.search(before)
        name = (found[0] if found is not None else b"") + text
        return _IDLE if _IDLE_CALL.match(name) else _STRONG
    return _STRONG


def _is_called_after(data: bytes, at: int) -> bool:
    """Tell whether the bracket before this offset is closed and followed by a call: `FunctionTool[Deps](f)`."""
    depth = 1
    for offset, byte in enumerate(data[at : at + _SUBSCRIPT_BYTES], at + 1):
        depth += (byte == ord("[")) - (byte == ord("]"))
        if depth == 0:
            return data[offset : offset + 40].lstrip().startswith(b"(")
    return True


def _kind_of_list(data: bytes, line: int, start: int, end: int) -> int:
    word = b"tools" if data.startswith(b"tools", start) else b"functions"
    rest = data[start + len(word) : end].lstrip()
    if rest.startswith(b"."):
        return _LIST
    if rest.startswith((b"'", b'"')):
        return _ENTRY
    value_at = data.index(b"=", start) + 1
    if _NOTHING.match(data, value_at):
        return _IDLE
    if rest.startswith(b":") or _is_statement(data, line, start):
        return _LIST
    if data[line:start].endswith(b"on_list_"):
        return _STRONG
    return _PASSED if _PASSED_ON[word].match(data, value_at) else _STRONG


def _is_statement(data: bytes, line: int, start: int) -> bool:
    """Tell whether an assignment begins its line and is not a keyword argument of a call over several lines."""
    if not data[line:start].strip().replace(b".", b"").replace(b"_", b"").isalnum() and data[line:start].strip():
        return False
    above = data[max(0, line - _BYTES_ABOVE) : line].rstrip()
    if not above:
        return line < _BYTES_ABOVE
    return b"#" not in above[above.rfind(b"\n") + 1 :] and not above.endswith((b"(", b",", b"\\", b"[", b"{"))
