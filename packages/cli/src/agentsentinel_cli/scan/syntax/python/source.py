"""Decoding of a file's bytes to the text that Python would compile, or the reason why that is not possible."""

import codecs

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass

_COOKIE = lazy_compile(rb"\A(?:[ \t\f]*#.*?\r?\n|[ \t\f]*\r?\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_SLOW_CODECS = frozenset({"punycode", "idna", "undefined", "mbcs", "oem"})
"""Codecs with quadratic run time or not available on every machine; no one writes Python in them."""

_MAGIC = lazy_compile(r"^(\s*)(?:[%!]|\?+\w|\w[\w.]*\?+\s*$|[\w, ]+=\s*[%!])")
_KEPT_CELL_MAGICS = lazy_compile(
    r"^%%(?:(?:time|timeit|capture|prun|memit)\b|(?:writefile|file)\s+(?:-a\s+|--append\s+)?\S+\.py\s*$)"
)
"""Magics of cells that hold Python, also that of a file which is written out: `%%writefile agent.py`."""
_SOURCE_KEY = lazy_compile(r'(?<!\\)"(?:source|input)"\s*:\s*\[?\s*')


@dataclass(frozen=True, slots=True)
class Source:
    """Python text and its position in the file."""

    text: str
    lines: tuple[int, ...] = ()
    """Line in the file of each line of a notebook's text, both counted from 1; empty = they are equal."""
    cells: tuple[tuple[int, int], ...] = ()
    """First and last line of each notebook cell in the text."""
    problem: str | None = None


def read_source(path: str, data: bytes) -> Source:
    """Decode a .py file or the code cells of a notebook. Never raises; an unreadable file has a `problem`."""
    if path.endswith(".ipynb"):
        return _read_notebook(data)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Source("", problem="is encoded as UTF-16 or UTF-32, which Python does not run")
    if b"\0" in data:
        return Source("", problem="contains NUL bytes, so it is not Python source")
    text, problem = _decode(data)
    return Source(text, problem=problem)


def _decode(data: bytes) -> tuple[str, str | None]:
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    cookie = _COOKIE.match(data[:400])
    name = cookie.group(1).decode("ascii", "replace") if cookie else "utf-8"
    try:
        codec = codecs.lookup(name)
        # Codecs such as rot13 convert text to text; Python does not accept them as source encodings.
        if codec.name in _SLOW_CODECS or not getattr(codec, "_is_text_encoding", True):
            return "", f"declares the encoding {name[:40]!r}, which is not read"
        return data.decode(codec.name), None
    except (LookupError, UnicodeError, ValueError):
        # Latin-1 decodes every byte, and names and calls are ASCII, so the tools are still found.
        reason = f"is not valid {name[:40]}; read as Latin-1"
        return data.decode("latin-1"), reason


def _read_notebook(data: bytes) -> Source:
    import json  # notebooks only

    raw = data.decode("utf-8-sig", "replace")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError, MemoryError):
        return Source("", problem="is not a valid notebook: its JSON cannot be read")
    cells = document.get("cells") if isinstance(document, dict) else None
    if cells is None and isinstance(document, dict):
        sheets = document.get("worksheets")
        cells = sheets[0].get("cells") if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict) else None
    if not isinstance(cells, list):
        return Source("", problem="is not a notebook: it has no cells")
    return _join_cells(cells, _Locator(raw))


def _join_cells(cells: list[object], locator: "_Locator") -> Source:
    texts: list[str] = []
    places: list[int] = []
    ranges: list[tuple[int, int]] = []
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))
        parts = [part for part in (source if isinstance(source, list) else [source]) if isinstance(part, str)]
        joined = "".join(parts)
        if not joined:
            continue
        lines = joined.split("\n")
        start = len(texts) + 1
        places.extend(locator.lines_of(parts))
        texts.extend(_without_magics(lines))
        ranges.append((start, len(texts)))
    return Source("\n".join(texts) + "\n", tuple(places), tuple(ranges))


def _without_magics(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not _KEPT_CELL_MAGICS.match(first):
        return [""] * len(lines)
    kept: list[str] = []
    is_continued = False
    for line in lines:
        magic = None if is_continued and not kept else _MAGIC.match(line)
        if is_continued:
            kept.append("")
            is_continued = line.rstrip().endswith("\\")
        elif magic:
            kept.append(magic.group(1) + "pass")
            is_continued = line.rstrip().endswith("\\")
        else:
            kept.append(line)
    return kept


class _Locator:
    """Locator of cell lines in a notebook's JSON, which searches forward from the previous cell."""

    _MOST_MISSES = 20
    """Most cells that are searched for in vain, each to the end of the file; more are not looked for."""
    _AROUND = 400
    """Most characters between two lines of a cell: quotes, a comma and the indentation."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._at = 0
        self._line = 1
        self._misses = 0

    def lines_of(self, parts: list[str]) -> list[int]:
        """Return the line in the file, from 1, of each line of a cell; the last known one where it is not found."""
        self._enter(next((part for part in parts if part), ""))
        found: list[int] = []
        for part in parts:
            self._step(part)
            # An editor shows all lines of one JSON string in one line.
            found += [self._line] * (part.count("\n") + (not part.endswith("\n")))
        return found + [self._line] * (not parts or parts[-1].endswith("\n"))

    def _enter(self, first: str) -> None:
        """Go to the value of the next key `source` that begins with a text; outputs may hold others."""
        if self._misses >= self._MOST_MISSES:
            return
        forms = _json_forms(first)
        for key in _SOURCE_KEY.finditer(self._raw, self._at):
            if self._raw.startswith(forms, key.end()):
                self._go_to(key.end())
                return
        self._misses += 1

    def _step(self, part: str) -> None:
        for form in _json_forms(part):
            found = self._raw.find(form, self._at, self._at + self._AROUND + len(form))
            if found >= 0:
                self._go_to(found)
                self._at = found + len(form)
                return

    def _go_to(self, at: int) -> None:
        self._line += self._raw.count("\n", self._at, at)
        self._at = at


def _json_forms(text: str) -> tuple[str, str]:
    """Return the two usual spellings of a text in JSON."""
    import json

    return json.dumps(text), json.dumps(text, ensure_ascii=False)
