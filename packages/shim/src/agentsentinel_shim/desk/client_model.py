"""What a row of the table of clients says, and where on a machine the files of a row are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Literal

SERVER = "{server}"
"""In the place of entries: the name of a server."""
ANY = "*"
"""In the place of entries: any key."""

Scope = Literal["user", "project", "local", "managed", "plugin"]
"""Who wrote a file: the user, a repository, the user for one project, an administrator, a plugin."""


@dataclass(frozen=True)
class Shape:
    """Names of the members of an entry."""

    command: str = "command"
    arguments: str | None = "args"
    """None where `command` is a list of all words."""
    urls: tuple[str, ...] = ("url", "serverUrl", "httpUrl", "uri")
    """Members that make it a server over HTTP."""
    name: str | None = None
    """The member that names the server, where the entries are a list."""


@dataclass(frozen=True)
class Place:
    """Where the entries of servers are: keys from the top of the file, one of which is `SERVER`.

    Without `SERVER`, the file describes one server and says its name elsewhere.
    """

    keys: tuple[str, ...]
    shape: Shape = Shape()


@dataclass(frozen=True)
class ClientFile:
    """A file that a client reads and `sentinel shim install` leaves alone.

    `path` is a template as in `Client`, with three more variables: `{project}`, a project's folder; `{root}`, the
    root of the file system; and the folders that administrators write to on Windows. `*` stands for one name, `**`
    for any number of folders.
    """

    path: str
    scope: Scope = "user"
    places: tuple[Place, ...] = ()
    """Where its servers are; none for settings, hooks and prose."""
    is_prose: bool = False
    """Whether it is text for the model: a rules file or a skill."""
    platform: str = ""
    """`sys.platform` of the machines that have it; empty for every machine."""
    readers: tuple[str, ...] = ()
    """Names of other clients that read it, too."""


@dataclass(frozen=True)
class ProjectList:
    """A file in which a client remembers the projects that it was used in."""

    path: str
    keys: tuple[str, ...] = ()
    """Keys from the top of the file to an object whose names are paths."""
    query: str = ""
    """For an SQLite database: a statement whose rows hold paths, or the JSON of Visual Studio Code's recent folders."""


@dataclass(frozen=True)
class Client:
    """One MCP client.

    `paths` are templates, looked at in this order; one whose variable is not set is left out. `{home}` is the user's
    home; `{support}` the folder for applications' data (`~/Library/Application Support`, `~/.config`, `%APPDATA%`);
    `{config}` is `~/.config` on macOS, too; `{data}` is `~/.local/share`; `{claude}`, `{codex}` and `{openclaw}` are
    the folders of these programs, which a variable may move; other names are environment variables.
    """

    name: str
    title: str
    paths: tuple[str, ...]
    """Its user's own files with MCP servers, which `sentinel shim install` can rewrite."""
    places: tuple[Place, ...] = ()
    """Where the servers are in `paths`."""
    format: str = "json"
    """Format of a file whose suffix does not say it."""
    files: tuple[ClientFile, ...] = ()
    """Its other files."""
    projects: tuple[ProjectList, ...] = ()


def paths_of(client: Client, platform: str, environment: Mapping[str, str], home: Path) -> list[Path]:
    """Return where a client's own configuration may be, the likeliest first.

    Args:
        platform: `sys.platform` of the machine.
    """
    names = variables(platform, environment, home)
    return [Path(path) for template in client.paths if (path := filled(template, names)) is not None]


def variables(
    platform: str, environment: Mapping[str, str], home: Path, *, root: Path = Path("/"), project: Path | None = None
) -> dict[str, str]:
    """Return the variables of templates on a machine, those of its environment included."""
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    support = config
    if platform == "darwin":
        support = home / "Library" / "Application Support"
    elif platform == "win32":
        support = config = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    names = {name: value for name, value in environment.items() if value}
    if platform == "win32":
        names.setdefault("PROGRAMFILES", str(root / "Program Files"))
        names.setdefault("PROGRAMDATA", str(root / "ProgramData"))
        names.setdefault("LOCALAPPDATA", str(home / "AppData" / "Local"))
    return {
        **names,
        "home": str(home),
        "support": str(support),
        "config": str(config),
        "data": str(Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")),
        "claude": environment.get("CLAUDE_CONFIG_DIR") or str(home / ".claude"),
        "codex": environment.get("CODEX_HOME") or str(home / ".codex"),
        "openclaw": environment.get("OPENCLAW_STATE_DIR") or str(home / ".openclaw"),
        "root": str(root).rstrip("/"),
        **({"project": str(project)} if project is not None else {}),
    }


def filled(template: str, names: Mapping[str, str]) -> str | None:
    """Return a template with its variables filled in; None when one of them is not set."""
    return template.format_map(names) if _variables(template) <= names.keys() else None


def _variables(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
