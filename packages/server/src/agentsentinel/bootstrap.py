"""The first admin key: created exactly once, shown exactly once."""

import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agentsentinel.auth.principal import PLATFORM
from agentsentinel.config import write_private_file
from agentsentinel.keys.service import create_bootstrap_key
from agentsentinel.kit.database import Database
from agentsentinel.sign_in.service import make_link_token

RULE = "=" * 70


class FirstStart(NamedTuple):
    """The credentials that a first start has created."""

    key: str | None
    """Key to show on stderr once the server has started; None when it was written to BOOTSTRAP_KEY_FILE."""
    link_token: str
    """Token of a link that signs in to the dashboard, once, with the rights of the key."""


async def ensure_admin_key(
    database: Database, secret: bytes, key_file: Path | None, now: datetime
) -> FirstStart | None:
    """Create an admin key, and write it to the key file if one is set; return None when an admin key is live."""
    async with database.transaction() as session:
        made = await create_bootstrap_key(session, secret, now)
        if made is None:
            return None
        token = await make_link_token(session, secret, made.row, now, PLATFORM)
    is_written = key_file is not None and _write(key_file, made.text)
    return FirstStart(None if is_written else made.text, token)


def _write(path: Path, key: str) -> bool:
    try:
        write_private_file(path, key)
    except OSError as error:
        print(f"cannot write {path} ({error.strerror}): the key is shown below instead", file=sys.stderr)  # noqa: T201
        return False
    return True


def show_key(key: str) -> None:
    """Print the key on stderr. The text and its order are documented: people find the key with `grep -A 4`."""
    lines = (
        RULE,
        "  AGENTSENTINEL BOOTSTRAP ADMIN KEY",
        "  Copy this now — it will not be shown again.",
        "",
        f"  {key}",
        RULE,
    )
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - the one thing that must reach a person
