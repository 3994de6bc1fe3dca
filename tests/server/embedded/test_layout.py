"""Folders of the embedded database: which are opened to its account, and which are refused."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsentinel.embedded import EmbeddedPostgresError
from server.embedded.support import Server, as_root, mode

# --- unusual data directories


@pytest.mark.parametrize("name", ["x" * 120, 'it\'s, "a" space é'], ids=["long", "odd"])
def test_a_data_directory_with_a_long_or_odd_name_works(data_dir: Path, name: str) -> None:
    server = Server(data_dir / name)
    server.start()
    folder = server.postgres._layout.socket_folder

    assert server.value("SELECT 1") == 1
    assert folder.parent == Path("/tmp")
    assert mode(folder) == 0o700
    server.stop()
    assert not folder.exists()


def test_a_socket_folder_that_is_someone_elses_is_refused(data_dir: Path, make_data_dir: Callable[[], Path]) -> None:
    server = Server(data_dir / ("x" * 120))
    folder = server.postgres._layout.socket_folder
    folder.symlink_to(make_data_dir().parent)
    try:
        with pytest.raises(EmbeddedPostgresError, match="not a private folder"):
            server.start()
    finally:
        folder.unlink()


def test_a_shared_folder_given_as_data_directory_keeps_its_mode(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / "somebody-elses-file").touch()
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")  # so that the start ends early

    for _ in range(2):  # the second time our own files are there too
        with pytest.raises(EmbeddedPostgresError):
            Server(data_dir).start()

    assert mode(data_dir) == 0o755


# --- as root


@as_root
def test_a_folder_on_the_way_that_the_database_cannot_enter_is_named(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)

    with pytest.raises(EmbeddedPostgresError, match=rf"cannot enter {closed}, .*--data-dir /var/lib/agentsentinel"):
        Server(closed / "deep" / "data").start()

    assert mode(closed) == 0o700


@as_root
def test_a_closed_data_directory_of_ours_is_opened_just_enough(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / "agentsentinel.lock").touch()
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    assert mode(data_dir) == 0o711


@as_root
def test_a_home_given_as_data_directory_is_not_opened(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir(mode=0o700)
    home = pwd.struct_passwd(("root", "x", 0, 0, "", str(data_dir), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [home])

    with pytest.raises(EmbeddedPostgresError, match=f"cannot enter {data_dir}"):
        Server(data_dir).start()

    assert mode(data_dir) == 0o700


@as_root
def test_a_cluster_that_a_restore_left_to_root_is_handed_over(server: Server) -> None:
    server.stop()
    for path in (server.cluster, *server.cluster.rglob("*")):
        os.chown(path, 0, 0)

    server.start()

    assert server.value("SELECT 1") == 1
    assert server.uid != 0
