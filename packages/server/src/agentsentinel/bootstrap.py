"""The first admin key: made exactly once, shown exactly once."""

import sys
from datetime import datetime
from pathlib import Path

from agentsentinel.config import write_private_file
from agentsentinel.keys.service import create_bootstrap_key
from agentsentinel.kit.database import Database

RULE = "=" * 70


async def ensure_admin_key(database: Database, secret: bytes, key_file: Path | None, now: datetime) -> bool:
    """Make and deliver an admin key when none is live; returns whether one was made."""
    async with database.transaction() as session:
        key = await create_bootstrap_key(session, secret, now)
    if key is None:
        return False
    if key_file is None or not _write(key_file, key):
        _show(key)
    return True


def _write(path: Path, key: str) -> bool:
    try:
        write_private_file(path, key)
    except OSError as error:
        print(f"cannot write {path} ({error.strerror}): the key is shown here instead", file=sys.stderr)  # noqa: T201
        return False
    return True


def _show(key: str) -> None:
    """The words and their order are documented: people find the key with `grep -A 4`."""
    lines = (
        RULE,
        "  AGENTSENTINEL BOOTSTRAP ADMIN KEY",
        "  Copy this now — it will not be shown again.",
        "",
        f"  {key}",
        RULE,
    )
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - the one thing that must reach a person
