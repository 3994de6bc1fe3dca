"""A lock says whether anybody who was given it still lives."""

import asyncio
import os
import subprocess
import time
from pathlib import Path

import pytest

from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.embedded.locks import locked, try_lock


def test_only_one_holds_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None

    os.close(held)

    again = try_lock(path)
    assert again is not None
    os.close(again)


def test_a_child_that_inherited_a_lock_holds_it_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held is not None
    with subprocess.Popen(["/bin/sleep", "30"], pass_fds=[held]) as child:
        os.close(held)
        assert try_lock(path) is None
        child.kill()

    again = try_lock(path)
    assert again is not None
    os.close(again)


def test_waiting_for_a_lock_ends_at_the_deadline(tmp_path: Path) -> None:
    async def wait() -> None:
        async with locked(tmp_path / "lock", time.monotonic() + 0.1):
            pytest.fail("the lock was not free")

    held = try_lock(tmp_path / "lock")
    assert held is not None
    with pytest.raises(EmbeddedPostgresError, match=r"still starting or stopping the database: it holds .*lock"):
        asyncio.run(wait())
    os.close(held)
