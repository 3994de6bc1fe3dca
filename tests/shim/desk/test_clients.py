"""The table of clients: each row is whole, and its paths are those of the platform."""

from pathlib import Path, PurePosixPath

import pytest

from agentsentinel_shim.desk.clients import BY_NAME, CLIENTS, SERVER, Client, paths_of
from agentsentinel_shim.desk.install import PARSERS

HOME = Path("/home/ada")


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_row_names_absolute_files_and_places_on_each_platform(client: Client, platform: str) -> None:
    paths = paths_of(client, platform, {}, HOME)
    assert paths
    assert all(PurePosixPath(path).is_relative_to(HOME) and "{" not in str(path) for path in paths)
    assert all(place.keys.count(SERVER) == 1 for place in client.places)
    assert client.format in PARSERS


def test_no_name_is_there_twice() -> None:
    assert len(BY_NAME) == len(CLIENTS)


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
    ],
)
def test_the_likeliest_path_comes_first(client: str, platform: str, environment: dict[str, str], path: str) -> None:
    assert str(paths_of(BY_NAME[client], platform, environment, HOME)[0]) == path
