"""The data directory: one platform at a time, and one secret that is made once and kept."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from agentsentinel.commands.data_directory import SECRET_FILE, AlreadyRunning, DataDirectory
from agentsentinel.config import ConfigError, Settings


def directory(folder: Path, **settings: object) -> DataDirectory:
    return DataDirectory(Settings.model_validate({"database_url": "", "secret_key": SecretStr(""), **settings}), folder)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = directory(tmp_path / "data").secret()
    assert len(first) == 64
    assert directory(tmp_path / "data").secret() == first
    assert stat.S_IMODE((tmp_path / "data" / SECRET_FILE).stat().st_mode) == 0o600


def test_two_directories_have_two_secrets(tmp_path: Path) -> None:
    assert directory(tmp_path / "a").secret() != directory(tmp_path / "b").secret()


def test_a_lost_secret_beside_data_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(ConfigError, match="restore it"):
        directory(tmp_path).secret()
    assert not (tmp_path / SECRET_FILE).exists()


def test_one_process_at_a_time_holds_it_and_its_address_is_found(tmp_path: Path) -> None:
    server, command = directory(tmp_path), directory(tmp_path)
    assert not command.is_running()
    with server.hold():
        server.note_address("http://localhost:9000")
        assert command.is_running()
        assert command.server_address() == "http://localhost:9000"
        with pytest.raises(AlreadyRunning, match="http://localhost:9000/"), command.hold():
            raise AssertionError
    assert not command.is_running()
    assert command.server_address() is None


def test_a_new_holder_does_not_inherit_the_address_of_the_last_one(tmp_path: Path) -> None:
    server, command = directory(tmp_path), directory(tmp_path)
    with server.hold():
        server.note_address("http://localhost:9000")
    with server.hold():
        assert command.server_address() is None


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "data" / "agentsentinel.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"), directory(tmp_path / "data").hold():
        raise AssertionError
    assert (tmp_path / "victim").read_text() == "precious"
