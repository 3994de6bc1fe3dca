"""Finds and reads files that other programs write, with bounds on size, number and depth.

Nothing here trusts a file: it may be huge, a pipe, a link to itself, unreadable, or nested a thousand levels deep. What
cannot be read is reported with its reason, and the next file is read.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

from agentsentinel_shim.desk import files
from agentsentinel_shim.desk.client_model import filled
from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.files import TextFile, Unusable
from agentsentinel_shim.desk.json_document import JsonDocument
from agentsentinel_shim.desk.toml_document import TomlDocument

MOST_BYTES = {"json": 8 * 1024 * 1024, "toml": 256 * 1024, "yaml": 128 * 1024}
"""Size of a file by its format: clients keep histories in JSON, which grow to some megabytes; the others' parsers are
written in Python, and take some seconds for so much at worst."""
MOST_COMMENTED_BYTES = 1024 * 1024
"""Size of JSON with comments, whose parser is ours."""
MOST_PROSE_BYTES = 1024 * 1024
MOST_ENTRIES = 2000
"""Entries of one folder that are looked at."""
MOST_FOLDERS = 2000
"""Folders that one pattern leads to."""
DEEPEST_FOLDER = 8
_LEFT_OUT = frozenset({"node_modules", ".git", ".venv"})

OnUnread = Callable[[Path, str], object]
"""Called with a path and the reason why it was not read."""


def matching(template: str, names: Mapping[str, str], on_unread: OnUnread) -> Iterator[Path]:
    """Find the files that a template of the table of clients stands for, in the order of their names.

    `*` is one name and `**` any number of folders; neither begins with a dot, and `**` follows no symbolic link.
    """
    parts = template.split("/")
    fixed = next((at for at, part in enumerate(parts) if "*" in part), len(parts))
    start = filled("/".join(parts[:fixed]), names)
    if start is not None:
        yield from islice(_below(Path(start), parts[fixed:], on_unread), MOST_ENTRIES)


def _below(folder: Path, parts: list[str], on_unread: OnUnread) -> Iterator[Path]:
    if not parts:
        if is_there(folder, on_unread):
            yield folder
        return
    part, rest = parts[0], parts[1:]
    if "*" not in part:
        yield from _below(folder / part, rest, on_unread)
    elif part == "**":
        for each in islice(_folders(folder, on_unread), MOST_FOLDERS):
            yield from _below(each, rest, on_unread)
    else:
        for name in _names(folder, on_unread):
            if not name.startswith(".") and fnmatchcase(name, part):
                yield from _below(folder / name, rest, on_unread)


def is_there(path: Path, on_unread: OnUnread) -> bool:
    """Whether there is something at a path; what cannot be found out is reported."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:  # ValueError: a null character
        on_unread(path, f"it cannot be read ({getattr(error, 'strerror', None) or error})")
        return False
    return True


def _names(folder: Path, on_unread: OnUnread) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_ENTRIES + 1)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        on_unread(folder, f"it cannot be listed ({getattr(error, 'strerror', None) or error})")
        return []
    if len(names) > MOST_ENTRIES:
        on_unread(folder, f"it has more than {MOST_ENTRIES} entries, of which the others were left out")
    return sorted(names[:MOST_ENTRIES])


def _folders(top: Path, on_unread: OnUnread) -> Iterator[Path]:
    """Yield a folder and those in it, each before its own."""
    waiting = [(top, 0)]
    while waiting:
        folder, depth = waiting.pop()
        yield folder
        if depth == DEEPEST_FOLDER:
            continue
        names = [name for name in _names(folder, on_unread) if not name.startswith(".") and name not in _LEFT_OUT]
        below = [folder / name for name in names]
        waiting += [(each, depth + 1) for each in reversed(below) if each.is_dir() and not each.is_symlink()]


def read_text(path: Path, most_bytes: int) -> str:
    """Return the text of a file. Raises Unusable with a reason, without the path."""
    try:
        return _text(files.read(path, most_bytes))
    except Unusable as error:
        raise Unusable(_reason(error, path)) from None


def read_data(path: Path, format_: str) -> Any:
    """Return the plain data in a file. Raises Unusable with a reason, without the path."""
    try:
        file = files.read(path, MOST_BYTES[format_])
        return _json(file) if format_ == "json" else _parsed(file, format_)
    except Unusable as error:
        raise Unusable(_reason(error, path)) from None
    except (Broken, RecursionError) as error:
        raise Unusable(str(error) if isinstance(error, Broken) else "it is nested too deeply") from None


def _json(file: TextFile) -> Any:
    text = _text(file)
    if not text.strip():
        raise Unusable("it is empty")
    try:
        return json.loads(text)
    except RecursionError:
        raise Unusable("it is nested too deeply") from None
    except ValueError as error:
        if len(file.content) > MOST_COMMENTED_BYTES:
            raise Unusable(f"it is not JSON ({error})") from None
    return JsonDocument(text).value


def _text(file: TextFile) -> str:
    try:
        return file.text
    except Unusable:  # which names the target of a link
        raise Unusable("it is not text in UTF-8") from None


def _parsed(file: TextFile, format_: str) -> Any:
    if format_ == "toml":
        return TomlDocument(_text(file)).value
    import yaml  # few clients use it

    try:
        return yaml.safe_load(_text(file))
    except (yaml.YAMLError, ValueError) as error:
        raise Broken(" ".join(str(error).split())) from None


def _reason(error: Unusable, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
