"""MCP servers in a configuration file, in the shape of the client that wrote it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentsentinel_cli.clients.model import ClientServer
from agentsentinel_core.masking import masked, masked_command
from agentsentinel_core.posture import address
from agentsentinel_shim.desk.client_model import ANY, Place
from agentsentinel_shim.desk.documents import get
from agentsentinel_shim.desk.edit import Entry, entries_of


class Source(NamedTuple):
    """Where a document comes from."""

    file: str
    scope: str
    owner: str
    """The project's folder or the plugin."""


class ConfiguredServer(NamedTuple):
    """A server for reports, and what rules need of it beside."""

    shown: ClientServer
    words: tuple[str, ...]
    """Its command, unmasked; for rules only."""
    url: str


def servers_in(data: Any, places: Sequence[Place], source: Source, home: Path) -> list[ConfiguredServer]:
    """Return the servers of a document, each name once for each owner."""
    found: dict[tuple[str, str], ConfiguredServer] = {}
    for place in places:
        for entry in entries_of(data, [place]):
            owned = _source_of(entry, place, source, home)
            server = _server(entry, get(data, entry.path), owned, home)
            found.setdefault((owned.owner, server.shown.name), server)
    return list(found.values())


def _source_of(entry: Entry, place: Place, source: Source, home: Path) -> Source:
    """Return where an entry comes from: one that stands under a project's path is the user's for that project."""
    if ANY not in place.keys:
        return source
    return source._replace(scope="local", owner=shown_path(Path(str(entry.path[place.keys.index(ANY)])), home))


def _server(entry: Entry, members: Any, source: Source, home: Path) -> ConfiguredServer:
    name = entry.server or source.owner.rpartition("/")[2]
    words = tuple(str(word) for word in (entry.words or [])[len(entry.prefix) :] if word != "")
    enabled = members.get("disabled") is not True and members.get("enabled") is not False
    url = entry.url or ""
    shown = ClientServer(
        name=name,
        scope=source.scope,
        owner=source.owner,
        file=source.file,
        transport="stdio" if entry.words is not None else _transport(members, url),
        command=masked_command(_without_home(words, home)) if entry.words is not None else None,
        url=masked(address.parse(url).shown) if entry.words is None else None,
        enabled=enabled,
        is_watched=bool(entry.prefix),
    )
    return ConfiguredServer(shown, _without_home(words, home), url)


def _transport(members: Any, url: str) -> str:
    kind = str(members.get("type") or members.get("transport") or "")
    return "sse" if kind == "sse" or (not kind and address.parse(url).shown.rstrip("/").endswith("/sse")) else "http"


def _without_home(words: Sequence[str], home: Path) -> tuple[str, ...]:
    """Return words with `~` for the user's home, which may be anywhere on a machine."""
    return tuple(shown_path(Path(word), home) if word.startswith(str(home)) else word for word in words)


def shown_path(path: Path, home: Path) -> str:
    """Return a path with `~` for the user's home."""
    try:
        inner = path.relative_to(home).as_posix()
    except ValueError:
        return str(path)
    return "~" if inner == "." else f"~/{inner}"
