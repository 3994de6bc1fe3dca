"""The MCP clients whose configuration can be rewritten: rows of a table, completed by adding rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

SERVER = "{server}"
"""In the place of entries: the name of a server."""
ANY = "*"
"""In the place of entries: any key."""


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
    """Where the entries of servers are: keys from the top of the file, one of which is `SERVER`."""

    keys: tuple[str, ...]
    shape: Shape = Shape()


@dataclass(frozen=True)
class Client:
    """One MCP client.

    `paths` are templates, looked at in this order; one whose variable is not set is left out. `{home}` is the user's
    home; `{support}` the folder for applications' data (`~/Library/Application Support`, `~/.config`, `%APPDATA%`);
    `{config}` is `~/.config` on macOS, too; other names are environment variables.
    """

    name: str
    title: str
    paths: tuple[str, ...]
    places: tuple[Place, ...]
    format: str = "json"


MCP_SERVERS = Place(("mcpServers", SERVER))
_VSCODE = (Place(("servers", SERVER)), Place(("mcp", "servers", SERVER)))
_VSCODE_STORAGE = "{support}/Code/User/globalStorage"

CLIENTS = (
    Client("claude-desktop", "Claude Desktop", ("{support}/Claude/claude_desktop_config.json",), (MCP_SERVERS,)),
    Client(
        "claude-code",
        "Claude Code",
        ("{CLAUDE_CONFIG_DIR}/.claude.json", "{home}/.claude.json"),
        (MCP_SERVERS, Place(("projects", ANY, "mcpServers", SERVER))),
    ),
    Client("cursor", "Cursor", ("{home}/.cursor/mcp.json",), (MCP_SERVERS,)),
    Client(
        "vscode",
        "Visual Studio Code",
        ("{support}/Code/User/mcp.json", "{support}/Code/User/settings.json", "{home}/.vscode/mcp.json"),
        _VSCODE,
    ),
    Client(
        "vscode-insiders",
        "Visual Studio Code Insiders",
        ("{support}/Code - Insiders/User/mcp.json", "{support}/Code - Insiders/User/settings.json"),
        _VSCODE,
    ),
    Client("windsurf", "Windsurf", ("{home}/.codeium/windsurf/mcp_config.json",), (MCP_SERVERS,)),
    Client("gemini", "Gemini CLI", ("{home}/.gemini/settings.json",), (MCP_SERVERS,)),
    Client(
        "codex",
        "Codex",
        ("{CODEX_HOME}/config.toml", "{home}/.codex/config.toml"),
        (Place(("mcp_servers", SERVER)),),
        "toml",
    ),
    Client(
        "cline",
        "Cline",
        (
            "{CLINE_MCP_SETTINGS_PATH}",
            "{home}/.cline/data/settings/cline_mcp_settings.json",
            f"{_VSCODE_STORAGE}/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
        (MCP_SERVERS,),
    ),
    Client(
        "zed",
        "Zed",
        ("{config}/zed/settings.json",),
        (
            Place(("context_servers", SERVER)),
            Place(("context_servers", SERVER, "command"), Shape(command="path")),  # before Zed 0.200
        ),
    ),
    Client(
        "continue",
        "Continue",
        ("{home}/.continue/config.yaml",),
        (Place(("mcpServers", SERVER), Shape(name="name")),),
        "yaml",
    ),
    Client(
        "opencode",
        "opencode",
        ("{OPENCODE_CONFIG}", "{config}/opencode/opencode.json", "{config}/opencode/opencode.jsonc"),
        (Place(("mcp", SERVER), Shape(arguments=None)),),
    ),
    Client(
        "goose",
        "Goose",
        ("{support}/Block/goose/config/config.yaml", "{config}/goose/config.yaml"),
        (Place(("extensions", SERVER), Shape(command="cmd")),),
        "yaml",
    ),
    Client("copilot", "GitHub Copilot CLI", ("{home}/.copilot/mcp-config.json",), (MCP_SERVERS,)),
    Client("kiro", "Kiro", ("{home}/.kiro/settings/mcp.json",), (MCP_SERVERS,)),
    Client(
        "roo-code",
        "Roo Code",
        (
            f"{_VSCODE_STORAGE}/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
            f"{_VSCODE_STORAGE}/rooveterinaryinc.roo-cline/settings/cline_mcp_settings.json",
        ),
        (MCP_SERVERS,),
    ),
    Client("lm-studio", "LM Studio", ("{home}/.lmstudio/mcp.json", "{home}/.cache/lm-studio/mcp.json"), (MCP_SERVERS,)),
    Client(
        "antigravity",
        "Antigravity",
        ("{home}/.gemini/antigravity/mcp_config.json", "{home}/.gemini/config/mcp_config.json"),
        (MCP_SERVERS,),
    ),
    Client("amazon-q", "Amazon Q", ("{home}/.aws/amazonq/mcp.json",), (MCP_SERVERS,)),
    Client("junie", "Junie", ("{home}/.junie/mcp/mcp.json",), (MCP_SERVERS,)),
)
BY_NAME = {client.name: client for client in CLIENTS}


def paths_of(client: Client, platform: str, environment: Mapping[str, str], home: Path) -> list[Path]:
    """Return where a client's configuration may be, the likeliest first.

    Args:
        platform: `sys.platform` of the machine.
    """
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    support = config
    if platform == "darwin":
        support = home / "Library" / "Application Support"
    elif platform == "win32":
        support = config = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    names = {
        **{name: value for name, value in environment.items() if value},
        "home": str(home),
        "support": str(support),
        "config": str(config),
    }
    return [Path(path.format_map(names)) for path in client.paths if _variables(path) <= names.keys()]


def _variables(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
