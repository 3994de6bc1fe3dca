"""A cluster of PostgreSQL: made once, and refused when it is another's, broken or half."""

import os
from pathlib import Path

import pytest

from agentsentinel.embedded import EmbeddedPostgresError
from server.embedded.support import Server, mode

# --- a first start, and what it leaves


def test_first_start_makes_a_cluster_that_only_its_owner_can_enter(server: Server) -> None:
    assert mode(server.cluster) == 0o700
    assert mode(server.data_dir) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(server.data_dir / "postgres-password") == 0o600
    assert mode(server.cluster / ".s.PGSQL.5432") == 0o700


def test_a_cluster_of_another_major_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 15, and this version runs 16"):
        Server(data_dir).start()


def test_a_folder_that_is_no_cluster_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "notes.txt").write_text("mine")

    with pytest.raises(EmbeddedPostgresError, match="not a PostgreSQL cluster"):
        Server(data_dir).start()


@pytest.mark.parametrize("found", [None, "", "0" * 64], ids=["missing", "empty", "wrong"])
def test_a_cluster_without_its_password_says_so(server: Server, found: str | None) -> None:
    file = server.data_dir / "postgres-password"
    password = file.read_text()
    try:
        file.unlink() if found is None else file.write_text(found)
        with pytest.raises(EmbeddedPostgresError, match="from your backup"):
            Server(server.data_dir).start()
    finally:
        file.write_text(password)
        file.chmod(0o600)


def test_a_first_start_that_was_cut_short_is_begun_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    (data_dir / "postgres-password").write_text("")
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    assert not (data_dir / "postgres.new").exists()
