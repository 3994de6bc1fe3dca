"""`sentinel mcp list`: prints the MCP servers in the configuration files of all AI clients of this machine."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agentsentinel_cli.commands.parsing import parser, terminal_width

USAGE_ERROR = 2
NOTHING_READ = 3
_EPILOG = """examples:
  sentinel mcp list
  sentinel mcp list --project ~/work/shop --format json

Beside the user's own files, those of administrators and plugins are read, and those of the projects that the clients
remember and of the current folder. Nothing is started and no server is asked.

exit code: 0, or 3 when there are files and none of them could be read."""


def run(arguments: Sequence[str]) -> int:
    """Print the servers, and return the exit code."""
    options = _parse(arguments)
    try:
        from agentsentinel_cli.clients import find_clients
        from agentsentinel_cli.report.clients_report import as_json, as_text
    except ModuleNotFoundError as error:
        sys.stderr.write(f"sentinel mcp list: {error.name} is not installed; install agentsentinel-cli[discover]\n")
        return USAGE_ERROR
    missing = [path for path in options.project if not path.is_dir()]
    if missing:
        sys.stderr.write(f"sentinel mcp list: {str(missing[0])!a} is not a folder\n")
        return USAGE_ERROR
    try:
        home = Path.home()
    except RuntimeError:
        sys.stderr.write("sentinel mcp list: this user has no home folder; set HOME\n")
        return USAGE_ERROR
    projects = [*options.project, Path.cwd()]
    inventory = find_clients(home, environment=os.environ, system=sys.platform, projects=projects)
    if options.format == "json":
        sys.stdout.write(as_json(inventory))
    else:
        sys.stdout.write(as_text(inventory, terminal_width(), has_color=_wants_color()))
    return NOTHING_READ if inventory.unread and not inventory.agents else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    options = parser("sentinel mcp list", "List the MCP servers that the AI clients of this machine use.", _EPILOG)
    options.add_argument("--format", choices=("text", "json"), default="text", help="how to write the list")
    options.add_argument(
        "--project", metavar="FOLDER", type=Path, action="append", default=[], help="also the files of this project"
    )
    return options.parse_args(list(arguments))


def _wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
