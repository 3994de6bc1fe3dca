"""A home in which each client has a file of each scope, with one MCP server in each."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

SECRET = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
"""In the form of a key of GitHub; every sample of a server holds it in its environment."""
COMMAND = ["npx", "-y", "@acme/server", "--token", SECRET]


def _entry(*, as_list: bool = False) -> dict[str, object]:
    env = {"GITHUB_TOKEN": SECRET}
    return (
        {"command": COMMAND, "environment": env}
        if as_list
        else {"command": COMMAND[0], "args": COMMAND[1:], "env": env}
    )


def _json(*keys: str, as_list: bool = False) -> Callable[[str], str]:
    def content(name: str) -> str:
        value: dict[str, object] = {name: _entry(as_list=as_list)} if name else _entry()
        for key in reversed(keys):
            value = {key: value}
        return json.dumps(value, indent=2)

    return content


ARGUMENTS = json.dumps(COMMAND[1:])


def _codex(name: str) -> str:
    start = f'model = "m"\n[mcp_servers.{name}]\ncommand = "npx"\nargs = {ARGUMENTS}\n'
    return f'{start}[mcp_servers.{name}.env]\nGITHUB_TOKEN = "{SECRET}"\n'


def _continue(name: str) -> str:
    start = f"name: Mine\nmcpServers:\n  - name: {name}\n    command: npx\n    args: {ARGUMENTS}\n"
    return f"{start}    env:\n      GITHUB_TOKEN: {SECRET}\n"


def _goose(name: str) -> str:
    start = f"extensions:\n  {name}:\n    type: stdio\n    cmd: npx\n    args: {ARGUMENTS}\n"
    return f"{start}    envs:\n      GITHUB_TOKEN: {SECRET}\n"


def _old_zed(name: str) -> str:
    command = {"path": "npx", "args": COMMAND[1:], "env": {"GITHUB_TOKEN": SECRET}}
    return "// Zed\n" + json.dumps({"context_servers": {name: {"command": command}}})[:-1] + ",}"


MCP_SERVERS = _json("mcpServers")
SERVERS = _json("servers")
FLAT = _json()


class Sample(NamedTuple):
    """A file of a client."""

    client: str
    scope: str
    path: str
    """Below the machine's root; `home` is the user's home, `work/app` a project."""
    content: Callable[[str], str] = MCP_SERVERS
    name: str = ""
    """Name of the server where the file says it by its place."""


SAMPLES = [
    Sample("claude-desktop", "user", "home/.config/Claude/claude_desktop_config.json"),
    Sample(
        "claude-desktop",
        "plugin",
        "home/.config/Claude/Claude Extensions/acme.notes/manifest.json",
        lambda _: _json("server", "mcp_config")(""),
        "acme.notes",
    ),
    Sample("claude-code", "user", "home/.claude.json"),
    Sample("claude-code", "project", "work/app/.mcp.json"),
    Sample("claude-code", "managed", "etc/claude-code/managed-mcp.json"),
    Sample("claude-code", "plugin", "home/.claude/plugins/cache/market/db/1.0/.mcp.json", FLAT),
    Sample("claude-code", "plugin", "home/.claude/plugins/repos/ada/tools/.mcp.json"),
    Sample("claude-code", "plugin", "home/.claude/plugins/cache/market/web/2.0/.claude-plugin/plugin.json"),
    Sample("cursor", "user", "home/.cursor/mcp.json"),
    Sample("cursor", "project", "work/app/.cursor/mcp.json"),
    Sample("cursor", "plugin", "home/.cursor/plugins/local/mine/mcp.json"),
    Sample("vscode", "user", "home/.config/Code/User/mcp.json", SERVERS),
    Sample("vscode", "user", "home/.config/Code/User/settings.json", _json("mcp", "servers")),
    Sample("vscode", "user", "home/.config/Code/User/profiles/1a2b/mcp.json", SERVERS),
    Sample("vscode", "user", "home/.vscode/mcp.json", SERVERS),
    Sample("vscode", "project", "work/app/.vscode/mcp.json", SERVERS),
    Sample("vscode-insiders", "user", "home/.config/Code - Insiders/User/mcp.json", SERVERS),
    Sample("windsurf", "user", "home/.codeium/windsurf/mcp_config.json"),
    Sample("gemini", "user", "home/.gemini/settings.json"),
    Sample("gemini", "project", "work/app/.gemini/settings.json"),
    Sample("gemini", "plugin", "home/.gemini/extensions/maps/gemini-extension.json"),
    Sample("gemini", "managed", "etc/gemini-cli/settings.json"),
    Sample("codex", "user", "home/.codex/config.toml", _codex),
    Sample("codex", "user", "home/.codex/work.config.toml", _codex),
    Sample("codex", "project", "work/app/.codex/config.toml", _codex),
    Sample("codex", "managed", "etc/codex/config.toml", _codex),
    Sample("codex", "plugin", "home/.codex/plugins/acme/.codex-plugin/plugin.json"),
    Sample("cline", "user", "home/.cline/data/settings/cline_mcp_settings.json"),
    Sample(
        "cline",
        "user",
        "home/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
    ),
    Sample("zed", "user", "home/.config/zed/settings.json", _old_zed),
    Sample("zed", "project", "work/app/.zed/settings.json", _json("context_servers")),
    Sample("continue", "user", "home/.continue/config.yaml", _continue),
    Sample("continue", "user", "home/.continue/mcpServers/one.yaml", _continue),
    Sample("continue", "project", "work/app/.continue/mcpServers/two.json"),
    Sample("opencode", "user", "home/.config/opencode/opencode.json", _json("mcp", as_list=True)),
    Sample("opencode", "user", "home/.opencode/opencode.jsonc", _json("mcp", as_list=True)),
    Sample("opencode", "project", "work/app/opencode.json", _json("mcp", as_list=True)),
    Sample("opencode", "managed", "etc/opencode/opencode.json", _json("mcp", as_list=True)),
    Sample("goose", "user", "home/.config/goose/config.yaml", _goose),
    Sample("copilot", "user", "home/.copilot/mcp-config.json"),
    Sample("copilot", "project", "work/app/.github/mcp.json"),
    Sample("copilot", "plugin", "home/.copilot/installed-plugins/market/x/.mcp.json"),
    Sample("copilot-jetbrains", "user", "home/.config/github-copilot/intellij/mcp.json", SERVERS),
    Sample("kiro", "user", "home/.kiro/settings/mcp.json"),
    Sample("kiro", "user", "home/.kiro/agents/reviewer.json"),
    Sample("kiro", "project", "work/app/.kiro/settings/mcp.json"),
    Sample("kiro", "plugin", "home/.kiro/powers/installed/maps/mcp.json"),
    Sample(
        "roo-code", "user", "home/.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"
    ),
    Sample("roo-code", "project", "work/app/.roo/mcp.json"),
    Sample("lm-studio", "user", "home/.lmstudio/mcp.json"),
    Sample("antigravity", "user", "home/.gemini/antigravity/mcp_config.json"),
    Sample("amazon-q", "user", "home/.aws/amazonq/mcp.json"),
    Sample("amazon-q", "user", "home/.aws/amazonq/agents/default.json"),
    Sample("amazon-q", "user", "home/.config/Code/User/globalStorage/amazonwebservices.amazon-q-vscode/mcp.json"),
    Sample("amazon-q", "project", "work/app/.amazonq/mcp.json"),
    Sample("junie", "user", "home/.junie/mcp/mcp.json"),
    Sample("junie", "project", "work/app/.junie/mcp/mcp.json"),
    Sample("jetbrains", "user", "home/.config/JetBrains/IntelliJIdea2026.2/mcp.json"),
    Sample("openclaw", "user", "home/.openclaw/openclaw.json", _json("mcp", "servers")),
    Sample("amp", "user", "home/.config/amp/settings.json", _json("amp.mcpServers")),
    Sample("snowflake-coco", "user", "home/.snowflake/cortex/mcp.json"),
    Sample("trae", "user", "home/.trae/mcp.json"),
    Sample("void", "user", "home/.void/mcp.json"),
    Sample("tabnine", "user", "home/.tabnine/mcp_servers.json"),
    Sample("cody", "user", "home/.cody/mcp.json"),
    Sample("docker-mcp", "user", "home/.docker/mcp/registry.yaml", lambda name: f'registry:\n  {name}:\n    ref: ""\n'),
]


def name_of(sample: Sample) -> str:
    """Return the name of a sample's server: no two are the same."""
    return sample.name or f"s{SAMPLES.index(sample)}"


def write(root: Path, path: str, content: str | bytes) -> Path:
    """Write a file below a folder that stands for a machine."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


def write_home(root: Path) -> Path:
    """Write all samples, and the list in which a client remembers the project; return the home."""
    for sample in SAMPLES:
        write(root, sample.path, sample.content(name_of(sample)))
    remember(root / "home/.local/share/opencode/opencode.db", root / "work/app")
    return root / "home"


def remember(database: Path, *projects: Path) -> None:
    """Write the database in which opencode keeps its projects."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE project (id TEXT PRIMARY KEY, worktree TEXT NOT NULL)")
        rows = [(str(number), str(project)) for number, project in enumerate(projects)]
        connection.executemany("INSERT INTO project VALUES (?, ?)", rows)
