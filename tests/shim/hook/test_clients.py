"""The rows of coding agents, and the commands in their files."""

from pathlib import Path

import pytest

from agentsentinel_shim.desk.client_model import filled, variables
from agentsentinel_shim.desk.clients import BY_NAME as CLIENTS
from agentsentinel_shim.hook.clients import HOOK_CLIENTS, HookClient, as_line, is_ours, words_of
from agentsentinel_shim.hook.ship import TITLES


@pytest.mark.parametrize("client", HOOK_CLIENTS, ids=lambda client: client.name)
def test_a_row_is_one_of_the_table_of_clients_and_its_files_are_read_there(client: HookClient) -> None:
    row = CLIENTS[client.name]
    assert TITLES[client.name] == client.title.removesuffix(" CLI")
    assert row.title == client.title
    known = {*row.paths, *(file.path for file in row.files)}
    known |= {path.replace("/agentsentinel.json", "/*.json") for path in known}
    for path in (client.file.replace("agentsentinel.json", "*.json"), *client.settings):
        assert path in known or path.replace("{codex}", "{home}/.codex") in known
    assert set(client.managed) <= known


@pytest.mark.parametrize("client", HOOK_CLIENTS, ids=lambda client: client.name)
def test_its_command_is_known_again(client: HookClient) -> None:
    line = as_line(words_of(client, client.events[0], Path("/opt/my tools/sentinel"), ["--sentinel-url", "http://x"]))
    assert is_ours(line, client)
    assert not any(is_ours(line, other) for other in HOOK_CLIENTS if other is not client)
    assert ("--event" in line) is client.needs_event


@pytest.mark.parametrize("command", [None, 1, "", "sentinel", "sentinel scan --client cursor", "it's", "x hook"])
def test_another_command_is_not_ours(command: object) -> None:
    assert not any(is_ours(command, client) for client in HOOK_CLIENTS)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_its_own_file_has_a_place_on_each_platform(platform: str) -> None:
    names = variables(platform, {}, Path("/home/ada"))
    assert all(filled(client.file, names) for client in HOOK_CLIENTS)
