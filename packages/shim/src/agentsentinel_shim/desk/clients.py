"""The MCP clients whose configuration is known: rows of a table, completed by adding rows.

Sources: the vendors' documentation and the tables of two open scanners (snyk-agent-scan 0.6.9, agent-bom 0.110),
compared in November 2026; where they differ, the vendor's page decides.
"""

from __future__ import annotations

from agentsentinel_shim.desk.client_model import ANY, SERVER, Client, ClientFile, Place, ProjectList, Scope, Shape

MCP_SERVERS = Place(("mcpServers", SERVER))
_FLAT = Place((SERVER,))
_VSCODE = (Place(("servers", SERVER)), Place(("mcp", "servers", SERVER)))
_VSCODE_STORAGE = "{support}/Code/User/globalStorage"
_OPENCODE = (Place(("mcp", SERVER), Shape(arguments=None)),)
_CODEX = (Place(("mcp_servers", SERVER)),)
_ZED = (
    Place(("context_servers", SERVER)),
    Place(("context_servers", SERVER, "command"), Shape(command="path")),  # before Zed 0.200
)
_CONTINUE = (Place(("mcpServers", SERVER), Shape(name="name")), MCP_SERVERS)
_DOCKER_REGISTRY = (Place(("registry", SERVER), Shape(command="ref")),)
_RECENT_FOLDERS = "SELECT value FROM ItemTable WHERE key = 'history.recentlyOpenedPathsList'"


def _managed(mac: str, linux: str, windows: str, *names: str, places: tuple[Place, ...] = ()) -> tuple[ClientFile, ...]:
    """Return the files of an administrator, each in its folder on macOS, Linux and Windows."""
    folders = {"darwin": mac, "linux": linux, "win32": windows}
    return tuple(
        ClientFile(f"{folder}/{name}", "managed", places, is_prose=name.endswith(".md"), platform=platform)
        for name in names
        for platform, folder in folders.items()
    )


def _servers(
    *paths: str, scope: Scope = "project", places: tuple[Place, ...] = (MCP_SERVERS,)
) -> tuple[ClientFile, ...]:
    return tuple(ClientFile(path, scope, places) for path in paths)


def _settings(*paths: str, scope: Scope = "user") -> tuple[ClientFile, ...]:
    return tuple(ClientFile(path, scope) for path in paths)


def _prose(*paths: str) -> tuple[ClientFile, ...]:
    """Return rules files and skills; those of a project come with its repository."""
    return tuple(
        ClientFile(path, "project" if path.startswith("{project}") else "user", is_prose=True) for path in paths
    )


_CLAUDE_FOLDERS = (
    "{root}/Library/Application Support/ClaudeCode",
    "{root}/etc/claude-code",
    "{PROGRAMFILES}/ClaudeCode",
)
_CLAUDE_FILES = (
    ClientFile(
        "{project}/.mcp.json",
        "project",
        (MCP_SERVERS,),
        readers=("cursor", "vscode", "vscode-insiders", "copilot", "windsurf"),
    ),
    *_settings("{claude}/settings.json", "{claude}/settings.local.json"),
    *_settings("{project}/.claude/settings.json", scope="project"),
    *_settings("{project}/.claude/settings.local.json", scope="local"),
    *_managed(*_CLAUDE_FOLDERS, "managed-mcp.json", places=(MCP_SERVERS,)),
    *_managed(*_CLAUDE_FOLDERS, "managed-settings.json", "managed-settings.d/*.json", "CLAUDE.md"),
    *_servers(
        *(f"{{claude}}/plugins/{folder}/**/.mcp.json" for folder in ("cache", "repos", "synced")),
        scope="plugin",
        places=(MCP_SERVERS, _FLAT),
    ),
    *_servers("{claude}/plugins/cache/**/.claude-plugin/plugin.json", scope="plugin"),
    *_settings("{claude}/plugins/cache/**/hooks/hooks.json", scope="plugin"),
    *_settings("{claude}/plugins/installed_plugins.json"),
    *_prose(
        "{claude}/CLAUDE.md",
        *(
            f"{folder}/{name}"
            for folder in ("{claude}", "{project}/.claude")
            for name in ("skills/*/SKILL.md", "agents/*.md", "commands/**/*.md", "rules/**/*.md")
        ),
        "{project}/CLAUDE.md",
        "{project}/CLAUDE.local.md",
        "{project}/.claude/CLAUDE.md",
    ),
)
_CURSOR_FILES = (
    *_servers("{project}/.cursor/mcp.json"),
    *_servers(
        "{home}/.cursor/plugins/cache/**/mcp.json",
        "{home}/.cursor/plugins/cache/**/.mcp.json",
        "{home}/.cursor/plugins/local/**/mcp.json",
        scope="plugin",
        places=(MCP_SERVERS, _FLAT),
    ),
    *_settings("{home}/.cursor/hooks.json", "{home}/.cursor/cli-config.json"),
    *_settings("{project}/.cursor/hooks.json", "{project}/.cursor/cli.json", scope="project"),
    *_managed("{root}/Library/Application Support/Cursor", "{root}/etc/cursor", "{PROGRAMDATA}/Cursor", "hooks.json"),
    *_prose(
        "{home}/.cursor/skills-cursor/*/SKILL.md",
        "{home}/.cursor/skills/*/SKILL.md",
        "{project}/.cursor/skills/*/SKILL.md",
        "{project}/.cursor/rules/**/*.mdc",
        "{project}/.cursorrules",
    ),
)
_CODEX_FOLDERS = ("{root}/etc/codex", "{root}/etc/codex", "{PROGRAMDATA}/OpenAI/Codex")
_CODEX_FILES = (
    ClientFile("{codex}/*.config.toml", "user", _CODEX),
    *_servers("{project}/.codex/config.toml", places=_CODEX),
    *_managed(*_CODEX_FOLDERS, "config.toml", "managed_config.toml", places=_CODEX),
    *_managed(*_CODEX_FOLDERS, "requirements.toml"),
    *_servers("{codex}/plugins/**/.mcp.json", scope="plugin", places=(MCP_SERVERS, _FLAT)),
    *_servers("{codex}/plugins/**/.codex-plugin/plugin.json", scope="plugin"),
    *_settings("{codex}/hooks.json"),
    *_settings("{project}/.codex/hooks.json", scope="project"),
    *_prose("{codex}/AGENTS.md", "{codex}/skills/*/SKILL.md", "{codex}/prompts/*.md"),
    ClientFile("{root}/etc/codex/skills/*/SKILL.md", "managed", is_prose=True, platform="linux"),
)
_OPENCODE_NAMES = ("opencode.json", "opencode.jsonc")
_OPENCODE_FILES = (
    *_servers(*(f"{{home}}/.opencode/{name}" for name in _OPENCODE_NAMES), scope="user", places=_OPENCODE),
    *_servers(
        *(f"{{project}}/{folder}{name}" for folder in ("", ".opencode/") for name in _OPENCODE_NAMES),
        places=_OPENCODE,
    ),
    *_managed(
        "{root}/Library/Application Support/opencode",
        "{root}/etc/opencode",
        "{PROGRAMDATA}/opencode",
        *_OPENCODE_NAMES,
        places=_OPENCODE,
    ),
    *_prose(
        "{config}/opencode/AGENTS.md", "{config}/opencode/skills/*/SKILL.md", "{project}/.opencode/skills/*/SKILL.md"
    ),
)

CLIENTS = (
    Client(
        "claude-desktop",
        "Claude Desktop",
        ("{support}/Claude/claude_desktop_config.json",),
        (MCP_SERVERS,),
        files=(
            # the manifest of an installed .mcpb bundle
            ClientFile(
                "{support}/Claude/Claude Extensions/*/manifest.json", "plugin", (Place(("server", "mcp_config")),)
            ),
        ),
    ),
    Client(
        "claude-code",
        "Claude Code",
        ("{CLAUDE_CONFIG_DIR}/.claude.json", "{home}/.claude.json"),
        (MCP_SERVERS, Place(("projects", ANY, "mcpServers", SERVER))),
        files=_CLAUDE_FILES,
        projects=(
            ProjectList("{CLAUDE_CONFIG_DIR}/.claude.json", ("projects",)),
            ProjectList("{home}/.claude.json", ("projects",)),
        ),
    ),
    Client(
        "cursor",
        "Cursor",
        ("{home}/.cursor/mcp.json",),
        (MCP_SERVERS,),
        files=_CURSOR_FILES,
        projects=(ProjectList("{support}/Cursor/User/globalStorage/state.vscdb", query=_RECENT_FOLDERS),),
    ),
    Client(
        "vscode",
        "Visual Studio Code",
        ("{support}/Code/User/mcp.json", "{support}/Code/User/settings.json", "{home}/.vscode/mcp.json"),
        _VSCODE,
        files=(
            *_servers("{support}/Code/User/profiles/*/mcp.json", scope="user", places=_VSCODE),
            *_servers("{project}/.vscode/mcp.json", "{project}/.vscode/settings.json", places=_VSCODE),
            *_prose("{project}/.github/copilot-instructions.md", "{project}/.github/instructions/**/*.md"),
        ),
        projects=(ProjectList(f"{_VSCODE_STORAGE}/state.vscdb", query=_RECENT_FOLDERS),),
    ),
    Client(
        "vscode-insiders",
        "Visual Studio Code Insiders",
        ("{support}/Code - Insiders/User/mcp.json", "{support}/Code - Insiders/User/settings.json"),
        _VSCODE,
        files=_servers("{support}/Code - Insiders/User/profiles/*/mcp.json", scope="user", places=_VSCODE),
        projects=(ProjectList("{support}/Code - Insiders/User/globalStorage/state.vscdb", query=_RECENT_FOLDERS),),
    ),
    Client(
        "windsurf",
        "Windsurf",
        ("{home}/.codeium/windsurf/mcp_config.json",),
        (MCP_SERVERS,),
        files=(
            *_settings("{support}/Windsurf/User/settings.json"),
            *_prose(
                "{home}/.codeium/windsurf/skills/*/SKILL.md",
                "{home}/.codeium/windsurf/memories/global_rules.md",
                "{project}/.windsurf/skills/*/SKILL.md",
                "{project}/.windsurf/rules/**/*.md",
                "{project}/.windsurfrules",
            ),
            ClientFile("{root}/etc/windsurf/skills/*/SKILL.md", "managed", is_prose=True, platform="linux"),
        ),
        projects=(ProjectList("{support}/Windsurf/User/globalStorage/state.vscdb", query=_RECENT_FOLDERS),),
    ),
    Client(
        "gemini",
        "Gemini CLI",
        ("{home}/.gemini/settings.json",),
        (MCP_SERVERS,),
        files=(
            *_servers("{project}/.gemini/settings.json"),
            *_servers("{home}/.gemini/extensions/*/gemini-extension.json", scope="plugin"),
            *_managed(
                "{root}/Library/Application Support/GeminiCli",
                "{root}/etc/gemini-cli",
                "{PROGRAMDATA}/gemini-cli",
                "settings.json",
                places=(MCP_SERVERS,),
            ),
            *_prose("{home}/.gemini/GEMINI.md", "{project}/GEMINI.md"),
        ),
        projects=(
            ProjectList("{home}/.gemini/projects.json", ("projects",)),
            ProjectList("{home}/.gemini/trustedFolders.json"),
        ),
    ),
    Client(
        "codex",
        "Codex",
        ("{CODEX_HOME}/config.toml", "{home}/.codex/config.toml"),
        _CODEX,
        "toml",
        files=_CODEX_FILES,
        projects=(ProjectList("{codex}/config.toml", ("projects",)),),
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
        files=_prose("{project}/.clinerules", "{project}/.clinerules/**/*.md"),
    ),
    Client(
        "zed",
        "Zed",
        ("{config}/zed/settings.json",),
        _ZED,
        files=(*_servers("{project}/.zed/settings.json", places=_ZED), *_prose("{project}/.rules")),
    ),
    Client(
        "continue",
        "Continue",
        ("{home}/.continue/config.yaml",),
        _CONTINUE[:1],
        "yaml",
        files=(
            *_servers(
                *(f"{{home}}/.continue/mcpServers/*.{suffix}" for suffix in ("yaml", "yml", "json")),
                scope="user",
                places=_CONTINUE,
            ),
            *_servers(
                *(f"{{project}}/.continue/mcpServers/*.{suffix}" for suffix in ("yaml", "yml", "json")),
                places=_CONTINUE,
            ),
            *_servers("{home}/.continue/config.json", scope="user", places=_CONTINUE),  # deprecated, and still read
            *_prose("{home}/.continue/rules/**/*.md", "{project}/.continue/rules/**/*.md"),
        ),
    ),
    Client(
        "opencode",
        "opencode",
        ("{OPENCODE_CONFIG}", "{config}/opencode/opencode.json", "{config}/opencode/opencode.jsonc"),
        _OPENCODE,
        files=_OPENCODE_FILES,
        projects=(ProjectList("{data}/opencode/opencode*.db", query="SELECT worktree FROM project"),),
    ),
    Client(
        "goose",
        "Goose",
        ("{support}/Block/goose/config/config.yaml", "{config}/goose/config.yaml"),
        (Place(("extensions", SERVER), Shape(command="cmd")),),
        "yaml",
        files=_prose("{config}/goose/.goosehints", "{project}/.goosehints"),
    ),
    Client(
        "copilot",
        "GitHub Copilot CLI",
        ("{home}/.copilot/mcp-config.json",),
        (MCP_SERVERS,),
        files=(
            *_servers("{project}/.github/mcp.json"),
            *_settings("{home}/.copilot/config.json", "{home}/.copilot/settings.json", "{home}/.copilot/hooks/*.json"),
            *_settings("{project}/.github/hooks/*.json", scope="project"),
            *_managed(
                "{root}/etc/github-copilot",
                "{root}/etc/github-copilot",
                "{PROGRAMDATA}/GitHub/Copilot",
                "policy.d/*.json",
            ),
            *_servers(
                *(
                    f"{{home}}/.copilot/installed-plugins/**/{name}"
                    for name in (
                        ".mcp.json",
                        "plugin.json",
                        ".plugin/plugin.json",
                        ".github/plugin/plugin.json",
                        ".claude-plugin/plugin.json",
                    )
                ),
                scope="plugin",
            ),
            *_prose("{home}/.copilot/copilot-instructions.md", "{home}/.copilot/skills/*/SKILL.md"),
        ),
    ),
    Client(
        "copilot-jetbrains",
        "GitHub Copilot for JetBrains",
        ("{config}/github-copilot/intellij/mcp.json", "{LOCALAPPDATA}/github-copilot/intellij/mcp.json"),
        (*_VSCODE, MCP_SERVERS),
    ),
    Client(
        "kiro",
        "Kiro",
        ("{home}/.kiro/settings/mcp.json",),
        (MCP_SERVERS, Place(("powers", "mcpServers", SERVER))),
        files=(
            *_servers("{project}/.kiro/settings/mcp.json", "{project}/.kiro/agents/*.json"),
            *_servers("{home}/.kiro/agents/*.json", scope="user"),
            *_servers("{home}/.kiro/powers/installed/*/mcp.json", scope="plugin"),
            *_prose("{home}/.kiro/steering/*.md", "{project}/.kiro/steering/*.md"),
        ),
    ),
    Client(
        "roo-code",
        "Roo Code",
        (
            f"{_VSCODE_STORAGE}/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
            f"{_VSCODE_STORAGE}/rooveterinaryinc.roo-cline/settings/cline_mcp_settings.json",
        ),
        (MCP_SERVERS,),
        files=(
            *_servers("{project}/.roo/mcp.json"),
            *_prose("{home}/.roo/rules/**/*.md", "{project}/.roo/rules/**/*.md", "{project}/.roorules"),
        ),
    ),
    Client("lm-studio", "LM Studio", ("{home}/.lmstudio/mcp.json", "{home}/.cache/lm-studio/mcp.json"), (MCP_SERVERS,)),
    Client(
        "antigravity",
        "Antigravity",
        ("{home}/.gemini/antigravity/mcp_config.json", "{home}/.gemini/config/mcp_config.json"),
        (MCP_SERVERS,),
        files=(
            *_settings("{support}/Antigravity/User/settings.json", "{support}/Antigravity IDE/User/settings.json"),
            *_prose("{home}/.gemini/skills/*/SKILL.md", "{home}/.agent/skills/*/SKILL.md"),
        ),
        projects=(
            ProjectList("{support}/Antigravity/User/globalStorage/state.vscdb", query=_RECENT_FOLDERS),
            ProjectList("{support}/Antigravity IDE/User/globalStorage/state.vscdb", query=_RECENT_FOLDERS),
        ),
    ),
    Client(
        "amazon-q",
        "Amazon Q",
        ("{home}/.aws/amazonq/mcp.json",),
        (MCP_SERVERS,),
        files=(
            *_servers(
                "{home}/.aws/amazonq/agents/*.json",
                "{home}/.aws/amazonq/cli-agents/*.json",
                f"{_VSCODE_STORAGE}/amazonwebservices.amazon-q-vscode/mcp.json",
                scope="user",
            ),
            *_servers("{project}/.amazonq/mcp.json"),
            *_prose("{project}/.amazonq/rules/**/*.md"),
        ),
    ),
    Client(
        "junie",
        "Junie",
        ("{home}/.junie/mcp/mcp.json",),
        (MCP_SERVERS,),
        files=(*_servers("{project}/.junie/mcp/mcp.json"), *_prose("{project}/.junie/guidelines.md")),
    ),
    Client(
        "jetbrains",
        "JetBrains AI Assistant",
        (),
        files=_servers("{support}/JetBrains/*/mcp.json", scope="user"),
    ),
    Client(
        "openclaw",
        "OpenClaw",
        ("{OPENCLAW_STATE_DIR}/openclaw.json", "{home}/.openclaw/openclaw.json"),
        (MCP_SERVERS, Place(("mcp", "servers", SERVER))),
        files=(
            *_servers(
                "{home}/.clawdbot/clawdbot.json",
                "{home}/.clawdbot/moltbot.json",
                scope="user",
                places=(MCP_SERVERS, Place(("mcp", "servers", SERVER))),
            ),
            *_prose(
                "{openclaw}/skills/*/SKILL.md", "{openclaw}/workspace/skills/*/SKILL.md", "{openclaw}/workspace/*.md"
            ),
        ),
    ),
    Client(
        "amp",
        "Amp",
        ("{config}/amp/settings.json",),
        (Place(("amp.mcpServers", SERVER)),),
        files=(
            *_servers("{project}/.amp/settings.json", places=(Place(("amp.mcpServers", SERVER)),)),
            *_prose("{config}/agents/skills/*/SKILL.md", "{project}/.amp/skills/*/SKILL.md"),
        ),
    ),
    Client(
        "snowflake-coco",
        "Snowflake Cortex Code",
        ("{home}/.snowflake/cortex/mcp.json",),
        (MCP_SERVERS,),
        files=_settings(*(f"{{home}}/.snowflake/cortex/{name}.json" for name in ("settings", "permissions", "hooks"))),
    ),
    Client("trae", "Trae", ("{home}/.trae/mcp.json",), (MCP_SERVERS,)),
    Client("void", "Void", ("{home}/.void/mcp.json",), (MCP_SERVERS,)),
    Client("tabnine", "Tabnine", ("{home}/.tabnine/mcp_servers.json",), (MCP_SERVERS,)),
    Client("cody", "Cody", ("{home}/.cody/mcp.json",), (MCP_SERVERS,)),
    Client(
        "aider",
        "Aider",
        (),
        files=(*_settings("{home}/.aider.conf.yml"), *_settings("{project}/.aider.conf.yml", scope="project")),
    ),
    Client(
        "docker-mcp",
        "Docker MCP Toolkit",
        (),
        files=_servers("{home}/.docker/mcp/registry.yaml", scope="user", places=_DOCKER_REGISTRY),
    ),
    Client(
        "shared",
        "Shared by several clients",
        (),
        files=_prose(
            "{home}/.agents/skills/*/SKILL.md",
            "{project}/.agents/skills/*/SKILL.md",
            "{project}/AGENTS.md",
            "{project}/AGENTS.override.md",
        ),
    ),
)
BY_NAME = {client.name: client for client in CLIENTS}
INSTALLABLE = {client.name: client for client in CLIENTS if client.paths}
"""The clients whose own configuration `sentinel shim install` can rewrite."""
