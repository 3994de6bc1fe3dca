"""The projects that clients remember: where their project files are.

Databases are opened read-only. One that its client is not writing at the moment is opened as immutable, so that not
even a lock is taken and no file appears beside it.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from agentsentinel_cli.clients.bounded import OnUnread, matching, read_data
from agentsentinel_shim.desk.client_model import ProjectList
from agentsentinel_shim.desk.files import Unusable

MOST_PROJECTS = 200
"""Projects of one list."""
_LONGEST_VALUE = 2 * 1024 * 1024
_MOST_STEPS = 2_000_000
"""Steps of SQLite's machine that a statement may take, some 0.1 s: the list is one small table."""
_STEPS_AT_ONCE = 10_000


def remembered(lists: tuple[ProjectList, ...], names: Mapping[str, str], on_unread: OnUnread) -> list[Path]:
    """Return the folders in the project lists of a client, each once."""
    found: dict[Path, None] = {}
    for each in lists:
        for path in matching(each.path, names, on_unread):
            try:
                folders = _from_database(path, each.query) if each.query else _from_keys(path, each.keys)
            except Unusable as error:
                on_unread(path, str(error))
                continue
            found.update(dict.fromkeys(folders[:MOST_PROJECTS]))
    return list(found)


def _from_keys(path: Path, keys: tuple[str, ...]) -> list[Path]:
    value = read_data(path, "toml" if path.suffix == ".toml" else "json")
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return _folders(value if isinstance(value, dict) else {})


def _from_database(path: Path, query: str) -> list[Path]:
    """Return the folders in an SQLite database. Raises Unusable."""
    if not path.is_file():
        raise Unusable("it is not a file")
    is_in_use = path.with_name(f"{path.name}-wal").exists()
    address = f"file:{quote(str(path))}?mode=ro{'' if is_in_use else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as database:
            steps = iter(range(_MOST_STEPS // _STEPS_AT_ONCE))
            database.set_progress_handler(lambda: next(steps, None) is None, _STEPS_AT_ONCE)
            rows = database.execute(f"{query} LIMIT {MOST_PROJECTS}").fetchall()
    except sqlite3.Error as error:
        raise Unusable(f"its list of projects cannot be read ({error})") from None
    texts = [row[0] for row in rows if row and isinstance(row[0], str) and len(row[0]) <= _LONGEST_VALUE]
    return _folders(folder for text in texts for folder in _listed(text))


def _listed(text: str) -> Iterator[str]:
    """Yield the path that a row is, or the folders that its JSON lists by address."""
    if not text.startswith("{"):
        yield text
        return
    try:
        entries: Any = json.loads(text).get("entries")
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else []:
        address = entry.get("folderUri") if isinstance(entry, dict) else None
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is not None and parts.scheme == "file" and not parts.netloc:
            yield url2pathname(parts.path)


def _folders(texts: Any) -> list[Path]:
    return [Path(text) for text in texts if isinstance(text, str) and "\0" not in text and Path(text).is_absolute()]
