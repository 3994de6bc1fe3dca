"""Templates become the paths of a platform, of its environment and of a project."""

from pathlib import Path

import pytest

from agentsentinel_shim.desk.client_model import filled, paths_of, variables
from agentsentinel_shim.desk.clients import BY_NAME

HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("client", "platform", "environment", "path"),
    [
        ("claude-desktop", "linux", {}, "/home/ada/.config/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Claude/claude_desktop_config.json"),
        (
            "claude-desktop",
            "darwin",
            {},
            "/home/ada/Library/Application Support/Claude/claude_desktop_config.json",
        ),
        ("claude-desktop", "win32", {"APPDATA": "/a"}, "/a/Claude/claude_desktop_config.json"),
        ("zed", "darwin", {}, "/home/ada/.config/zed/settings.json"),
        ("claude-code", "linux", {}, "/home/ada/.claude.json"),
        ("claude-code", "linux", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/.claude.json"),
        ("claude-code", "linux", {"CLAUDE_CONFIG_DIR": ""}, "/home/ada/.claude.json"),
        ("codex", "darwin", {"CODEX_HOME": "/c"}, "/c/config.toml"),
        ("opencode", "linux", {"OPENCODE_CONFIG": "/o/mine.json"}, "/o/mine.json"),
        ("openclaw", "linux", {"OPENCLAW_STATE_DIR": "/o"}, "/o/openclaw.json"),
    ],
)
def test_the_likeliest_path_comes_first(client: str, platform: str, environment: dict[str, str], path: str) -> None:
    assert str(paths_of(BY_NAME[client], platform, environment, HOME)[0]) == path


@pytest.mark.parametrize(
    ("template", "platform", "environment", "path"),
    [
        ("{claude}/settings.json", "linux", {}, "/home/ada/.claude/settings.json"),
        ("{claude}/settings.json", "linux", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/settings.json"),
        ("{codex}/hooks.json", "linux", {"CODEX_HOME": "/c"}, "/c/hooks.json"),
        ("{data}/opencode/opencode*.db", "linux", {}, "/home/ada/.local/share/opencode/opencode*.db"),
        ("{data}/opencode/opencode*.db", "linux", {"XDG_DATA_HOME": "/d"}, "/d/opencode/opencode*.db"),
        ("{root}/etc/codex/config.toml", "linux", {}, "/etc/codex/config.toml"),
        ("{PROGRAMDATA}/opencode", "win32", {}, "/ProgramData/opencode"),
        ("{PROGRAMFILES}/ClaudeCode", "win32", {"PROGRAMFILES": "/pf"}, "/pf/ClaudeCode"),
        ("{PROGRAMDATA}/opencode", "linux", {}, None),
        ("{project}/.mcp.json", "linux", {}, None),
    ],
)
def test_a_template_without_one_of_its_variables_names_no_file(
    template: str, platform: str, environment: dict[str, str], path: str | None
) -> None:
    assert filled(template, variables(platform, environment, HOME)) == path


def test_a_projects_files_are_in_its_folder() -> None:
    names = variables("linux", {}, HOME, project=Path("/work/app"))
    assert filled("{project}/.mcp.json", names) == "/work/app/.mcp.json"
