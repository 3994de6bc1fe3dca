"""`sentinel shim install` and `remove`: MCP servers of a client on this machine go through the shim, or no longer."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE
from agentsentinel_shim.desk import files
from agentsentinel_shim.desk.client_model import Client, paths_of
from agentsentinel_shim.desk.clients import INSTALLABLE
from agentsentinel_shim.desk.documents import Broken, Document
from agentsentinel_shim.desk.documents import Path as EntryPath
from agentsentinel_shim.desk.edit import MARK, Entry, Parse, entries, restored, wrapped
from agentsentinel_shim.desk.files import TextFile
from agentsentinel_shim.desk.json_document import JsonDocument
from agentsentinel_shim.desk.toml_document import TomlDocument
from agentsentinel_shim.desk.yaml_document import YamlDocument
from agentsentinel_shim.key_file import DEFAULT_KEY_FILE, find_key_file
from agentsentinel_shim.reporting import printable

PARSERS: dict[str, Callable[[str], Document]] = {"json": JsonDocument, "toml": TomlDocument, "yaml": YamlDocument}
EPILOG = """examples:
  sentinel shim {verb} --client claude-desktop
  sentinel shim {verb} --client cursor --server filesystem --dry-run
  sentinel shim {verb} --client vscode --config .vscode/mcp.json

clients: {clients}"""


@dataclass(frozen=True)
class Plan:
    """What is to become of one configuration file."""

    file: TextFile
    content: bytes
    backup: bytes | None
    """What the file would be without the shim; None when it is."""
    lines: list[str]
    """What people are told."""

    def carry_out(self) -> None:
        """Write it. Raises Unusable."""
        if self.backup is not None:
            files.keep_backup(self.file, self.backup)
        if self.content != self.file.content:
            files.replace(self.file, self.content)
        if self.backup is None:
            files.drop_backup(self.file)


def run(verb: str, arguments: Sequence[str], prog: str, say: Callable[[str], object]) -> None:
    """Install or remove. Raises ValueError, Broken and Unusable with a sentence that says what to do."""
    options = parse(verb, arguments, prog)
    client = _client(options.client)
    read_files = [files.read(path) for path in _configs(client, options.config)]
    opened = [(file, _opened(file, client)) for file in read_files]
    _check_server(options.server, [entry.server for _, found in opened for entry in found], client)
    plan = _plan_install if verb == "install" else _plan_remove
    plans = [plan(client, file, found, options) for file, found in opened]
    for made in plans:
        if not options.dry_run:
            made.carry_out()
        say(f"{made.file.path}{' (dry run: nothing is written)' if options.dry_run else ''}")
        for line in made.lines:
            say(f"  {line}")
    has_changed = any(made.content != made.file.content for made in plans) and not options.dry_run
    if has_changed:
        say(f"Restart {client.title} to use it.")
    if verb == "install":
        _say_where_the_key_belongs(options, say)


def parse(verb: str, arguments: Sequence[str], prog: str) -> argparse.Namespace:
    """Read the options. Raises ValueError with a sentence that says what to do."""
    what = "Make MCP servers of a client" if verb == "install" else "Make MCP servers of a client no longer"
    parser = argparse.ArgumentParser(
        prog=f"{prog} {verb}",
        description=f"{what} go through the shim, by rewriting the client's configuration.",
        epilog=EPILOG.format(verb=verb, clients=", ".join(INSTALLABLE)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--client", metavar="NAME", required=True, help="the client whose servers these are")
    parser.add_argument("--server", metavar="NAME", help="this server only (default: all that the client starts)")
    parser.add_argument("--config", metavar="FILE", type=Path, help="this file (default: where the client keeps it)")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    if verb == "install":
        parser.add_argument("--agent-name", metavar="NAME", help="name of the agent (default: CLIENT-SERVER)")
        parser.add_argument("--sentinel-url", metavar="URL", help=f"AgentSentinel (default: {BASE_URL_VARIABLE})")
        parser.add_argument("--api-key-file", metavar="FILE", type=Path, help=f"default: {DEFAULT_KEY_FILE}")
    options = parser.parse_args(arguments)
    if verb == "install":
        options.sentinel_url = options.sentinel_url or os.environ.get(BASE_URL_VARIABLE) or None
        if options.agent_name is not None and (not printable(options.agent_name) or options.agent_name[0] == "-"):
            raise ValueError("--agent-name must not be empty, nor begin with -")
        if options.sentinel_url and urlsplit(options.sentinel_url).username is not None:
            raise ValueError(f"{BASE_URL_VARIABLE} holds a user name, which is not written into configuration files")
    return options


def _client(name: str) -> Client:
    if name not in INSTALLABLE:
        raise ValueError(f"unknown client {name!a}; known are {', '.join(INSTALLABLE)}")
    return INSTALLABLE[name]


def _configs(client: Client, given: Path | None) -> list[Path]:
    """Return the configuration files to look at."""
    if given is not None:
        return [given]
    paths = paths_of(client, sys.platform, os.environ, Path.home())
    found = [path for path in paths if path.is_file()]
    if not found:
        looked_at = ", ".join(map(str, paths))
        raise ValueError(f"no configuration of {client.title} found, looked at {looked_at}; name it with --config")
    return found


def _parser_of(client: Client, path: Path) -> Parse:
    """Return what reads a file: by its suffix where that says more than the client's own format."""
    by_suffix = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".jsonc": "json"}
    return PARSERS[by_suffix.get(path.suffix, client.format)]


def _opened(file: TextFile, client: Client) -> list[Entry]:
    """Return the servers of a file. Raises Broken and Unusable."""
    try:
        return entries(_parser_of(client, file.path)(file.text), client.places)
    except Broken as error:
        raise Broken(f"{file.path}: {error}") from None


def _check_server(server: str | None, names: Sequence[str], client: Client) -> None:
    known = ", ".join(dict.fromkeys(map(printable, names))) or "none"
    if server is not None and server not in names:
        raise ValueError(f"{client.title} has no MCP server {server!a}; it has {known}")


def _selected(found: Iterable[Entry], server: str | None) -> list[Entry]:
    return [entry for entry in found if server is None or entry.server == server]


def _plan_install(client: Client, file: TextFile, found: Sequence[Entry], options: argparse.Namespace) -> Plan:
    parse_text = _parser_of(client, file.path)
    command = [str(sentinel_command()), *MARK]
    prefixes: dict[EntryPath, list[str]] = {}
    lines = []
    for entry in _selected(found, options.server):
        name, agent = printable(entry.server), options.agent_name or printable(f"{client.name}-{entry.server}")
        if entry.words is None:
            lines.append(f"{name}: left as it is; {_relay_for(entry, agent)}")
        elif entry.prefix:
            is_gone = Path(entry.prefix[0]).is_absolute() and not Path(entry.prefix[0]).exists()
            why = f", but {entry.prefix[0]} is gone: remove it, and install again" if is_gone else ""
            lines.append(f"{name}: goes through the shim already{why}")
        else:
            prefixes[entry.path] = [*command, *_options_of(options, agent, name), "--"]
            lines.append(f"{name}: goes through the shim as agent {agent}")
    try:
        content = file.encoded(wrapped(parse_text, file.text, prefixes, client.places))
        backup = file.encoded(_restored(client, file, found))
    except Broken as error:
        raise Broken(f"{file.path}: {error}") from None
    return Plan(file, content, backup if content != backup else None, lines or ["no MCP servers"])


def _plan_remove(client: Client, file: TextFile, found: Sequence[Entry], options: argparse.Namespace) -> Plan:
    chosen = [entry for entry in _selected(found, options.server) if entry.prefix]
    lines = [f"{printable(entry.server)}: no longer goes through the shim" for entry in chosen]
    try:
        content = file.encoded(_restored(client, file, chosen))
        rest = file.encoded(_restored(client, file, found))
    except Broken as error:
        raise Broken(f"{file.path}: {error}") from None
    return Plan(file, content, rest if rest != content else None, lines or ["nothing goes through the shim"])


def _restored(client: Client, file: TextFile, chosen: Sequence[Entry]) -> str:
    """Return the text as it would be if these servers did not go through the shim."""
    backup = files.read_backup(file)
    text = None if backup is None else backup.text
    return restored(_parser_of(client, file.path), file.text, text, [entry.path for entry in chosen], client.places)


def _options_of(options: argparse.Namespace, agent: str, server: str) -> list[str]:
    words = ["--agent-name", agent]
    if server and server[0] != "-":
        words += ["--server-name", server]
    if options.sentinel_url:
        words += ["--sentinel-url", options.sentinel_url]
    if options.api_key_file:
        words += ["--api-key-file", str(options.api_key_file.expanduser().absolute())]
    return words


def _relay_for(entry: Entry, agent: str) -> str:
    """Say how a server over HTTP is watched: a relay has to run, and only people can tell where."""
    parts = urlsplit(entry.url or "")
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # the rest may hold a secret
    command = shlex.join(["sentinel", "shim", "--upstream-url", printable(address), "--agent-name", agent])
    return f"it speaks HTTP: run `{command}`, and set its address to http://127.0.0.1:8002{printable(parts.path)}"


def _say_where_the_key_belongs(options: argparse.Namespace, say: Callable[[str], object]) -> None:
    """Say what is missing: most clients start their servers with a few variables only, and without the key."""
    try:
        find_key_file(options.api_key_file)
    except ValueError as error:
        say(f"{error} ({API_KEY_VARIABLE} in the server's own `env` does, too)")


def sentinel_command() -> Path:
    """Return the absolute path of the running command, so that a client without the user's PATH finds it.

    Raises ValueError.
    """
    running = shutil.which(sys.argv[0])
    candidates = [Path(running)] if running else []
    candidates.append(Path(sys.executable).with_name("sentinel.exe" if os.name == "nt" else "sentinel"))
    for candidate in candidates:
        if candidate.stem == "sentinel" and candidate.is_file():
            return candidate.absolute()
    raise ValueError("the command `sentinel` is not installed; install agentsentinel-cli[shim]")
