"""Create a PostgreSQL cluster, and check an existing one."""

import os
import secrets
import shutil
import stat
from pathlib import Path

from agentsentinel.embedded.account import Account
from agentsentinel.embedded.binaries import MAJOR
from agentsentinel.embedded.errors import EmbeddedPostgresError
from agentsentinel.embedded.layout import Layout

SUPERUSER = "agentsentinel"

_PASSWORD_BYTES = 32
_PRIVATE_FILE = 0o600


def ensure_cluster(layout: Layout, account: Account, programs: Path, timeout: float) -> str:
    """Create the cluster if there is none, and return the superuser's password.

    Creating takes one to five seconds, at most `timeout`. Raises EmbeddedPostgresError when the existing folder is not
    usable: it has another major version, is not a cluster, or its password file is missing.
    """
    if not _is_empty(layout.cluster):
        _require_major(layout.cluster)
        password = _read_password(layout)
        _claim(layout.cluster, account)
        return password
    password = _new_password(layout)
    _make(layout, account, programs, password, timeout)
    return password


def _is_empty(cluster: Path) -> bool:
    return not cluster.exists() or not any(cluster.iterdir())


def _require_major(cluster: Path) -> None:
    try:
        major = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError as error:
        message = f"{cluster} holds files that are not a PostgreSQL cluster; choose another --data-dir"
        raise EmbeddedPostgresError(message) from error
    if major != str(MAJOR):
        raise EmbeddedPostgresError(
            f"the database in {cluster} was made by PostgreSQL {major}, and this version runs {MAJOR}; dump it with "
            f"the pg_dump of PostgreSQL {major} and restore it into a new --data-dir"
        )


def _claim(cluster: Path, account: Account) -> None:
    """Give a cluster of another owner, such as root after a restore, to the account; PostgreSQL would refuse it."""
    if cluster.lstat().st_uid == account.uid:
        return
    for folder, folders, files in os.walk(cluster):
        for name in (*folders, *files):
            account.give(Path(folder, name))
    account.give(cluster)


def _read_password(layout: Layout) -> str:
    path = layout.password
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"the database in {layout.cluster} is there, but its password file {path} cannot be read "
            f"({error.strerror}); restore that file from your backup, it belongs to the data directory"
        ) from error
    with os.fdopen(descriptor) as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != _PRIVATE_FILE:
            os.fchmod(descriptor, _PRIVATE_FILE)
        password = file.read().strip()
    if not password:
        raise EmbeddedPostgresError(f"the password file {path} is empty; restore it from your backup")
    return password


def _new_password(layout: Layout) -> str:
    """Write a new password, or return the existing one.

    An existing one may be left over from a first start that failed, or belong to a cluster on a volume that is not
    mounted now, which would become unusable without it. An empty file is left by a crash between creating and writing.
    """
    if layout.password.exists() and layout.password.stat().st_size > 0:
        return _read_password(layout)
    layout.password.unlink(missing_ok=True)
    password = secrets.token_hex(_PASSWORD_BYTES)
    _write_private(layout.password, password)
    return password


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _make(layout: Layout, account: Account, programs: Path, password: str, timeout: float) -> None:
    staging, handed_over = layout.staging, layout.staging.with_name("postgres.password")
    shutil.rmtree(staging, ignore_errors=True)
    handed_over.unlink(missing_ok=True)
    staging.mkdir(mode=0o700)
    account.give(staging)
    try:
        # initdb runs as the account, which cannot read the password file of this process.
        _write_private(handed_over, password)
        account.give(handed_over)
        _initdb(staging, account, programs, handed_over, timeout)
        _include_settings(staging, layout.settings.name)
        staging.rename(layout.cluster)
        _sync_folder(layout.data_dir)
    finally:
        handed_over.unlink(missing_ok=True)
        shutil.rmtree(staging, ignore_errors=True)  # left after a failure; frees its space on a full disk


def _include_settings(cluster: Path, name: str) -> None:
    with (cluster / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude '../{name}'\n")
        file.flush()
        os.fsync(file.fileno())


def _initdb(staging: Path, account: Account, programs: Path, password_file: Path, timeout: float) -> None:
    command: list[str | Path] = [
        programs / "bin" / "initdb",
        f"--pgdata={staging}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--data-checksums",
    ]
    # Text is sorted by its bytes, so that no upgrade of the C library can corrupt an index; letters outside ASCII still
    # have an upper and a lower case if the system has this locale.
    result = account.run([*command, "--lc-ctype=C.UTF-8"], timeout)
    if "invalid locale" in result.stderr:
        result = account.run(command, timeout)
    if result.returncode != 0:
        raise EmbeddedPostgresError(
            f"initdb could not make a database in {staging.parent} (exit {result.returncode}): {result.stderr.strip()}"
        )


def _sync_folder(folder: Path) -> None:
    """Sync `folder`, so that a rename in it survives a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
