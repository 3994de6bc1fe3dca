"""The table of clients: each row is whole, and its paths are those of the platform."""

from pathlib import Path, PurePosixPath

import pytest

from agentsentinel_shim.desk.client_model import SERVER, Client, filled, paths_of, variables
from agentsentinel_shim.desk.clients import BY_NAME, CLIENTS, INSTALLABLE
from agentsentinel_shim.desk.install import PARSERS

HOME = Path("/home/ada")


EVERYWHERE = ["linux", "darwin", "win32"]


@pytest.mark.parametrize("client", INSTALLABLE.values(), ids=lambda client: client.name)
@pytest.mark.parametrize("platform", EVERYWHERE)
def test_a_row_names_absolute_files_and_places_on_each_platform(client: Client, platform: str) -> None:
    paths = paths_of(client, platform, {}, HOME)
    assert paths
    assert all(PurePosixPath(path).is_relative_to(HOME) and "{" not in str(path) for path in paths)
    assert all(place.keys.count(SERVER) == 1 for place in client.places)
    assert client.format in PARSERS


def test_no_name_is_there_twice() -> None:
    assert len(BY_NAME) == len(CLIENTS)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("platform", EVERYWHERE)
def test_every_other_file_of_a_row_has_a_place_on_the_platforms_that_have_it(client: Client, platform: str) -> None:
    assert client.paths or client.files
    names = variables(platform, {}, HOME, root=Path("/machine"), project=Path("/work/app"))
    for file in client.files:
        path = filled(file.path, names)
        if file.platform not in ("", platform):
            continue
        assert path is not None, file.path
        roots = {"project": "/work/app", "local": "/work/app", "managed": "/machine"}
        assert path.startswith(roots.get(file.scope, "/home/ada")), path
        assert not (file.is_prose and file.places)
        assert set(file.readers) <= set(BY_NAME)


def test_no_file_is_claimed_by_two_clients() -> None:
    claims = [path for client in CLIENTS for path in (*client.paths, *(file.path for file in client.files))]
    by_hand = {path for path in claims if claims.count(path) > 1}
    managed_twice = {path for path in by_hand if path.startswith("{root}/etc/")}  # one folder on macOS and Linux
    assert by_hand == managed_twice


def test_an_administrators_files_are_in_the_folders_of_their_platform() -> None:
    files = {(file.platform, file.path) for file in BY_NAME["claude-code"].files if file.scope == "managed"}
    assert ("darwin", "{root}/Library/Application Support/ClaudeCode/managed-settings.json") in files
    assert ("linux", "{root}/etc/claude-code/managed-settings.json") in files
    assert ("win32", "{PROGRAMFILES}/ClaudeCode/managed-settings.json") in files
