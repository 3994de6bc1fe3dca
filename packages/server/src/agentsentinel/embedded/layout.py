"""Paths of the embedded database's files, and their permissions."""

import hashlib
import os
import pwd
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from agentsentinel.embedded.account import Account
from agentsentinel.embedded.errors import EmbeddedPostgresError

PORT = 5432
"""Port, used only in the name of the socket: the server does not listen on TCP."""

SOCKET_NAME = f".s.PGSQL.{PORT}"

# sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS and the BSDs, with the closing NUL.
_MAX_SOCKET_PATH_BYTES = 100

# Paths that need no escaping in PostgreSQL's comma-separated, quoted list of socket folders.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")

_PRIVATE = 0o700
_ENTER_ONLY = 0o711
_ENTER_BITS = 0o011


@dataclass(frozen=True)
class Layout:
    """The paths below one data directory, which is absolute and contains no symbolic links."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder (PGDATA), with mode 0700."""
        return self.data_dir / "postgres"

    @property
    def staging(self) -> Path:
        """Folder in which a new cluster is created; renamed to `cluster` once complete, so never used half-made."""
        return self.data_dir / "postgres.new"

    @property
    def programs(self) -> Path:
        """Copy of PostgreSQL's programs, for an account that cannot reach the installed ones."""
        return self.data_dir / "postgres-16"

    @property
    def settings(self) -> Path:
        """Settings file that this product writes, outside of the cluster, where PostgreSQL's account cannot write."""
        return self.data_dir / "postgres.conf"

    @property
    def password(self) -> Path:
        """File with the superuser's password, with mode 0600."""
        return self.data_dir / "postgres-password"

    @property
    def start_lock(self) -> Path:
        """Lock file that a process holds while it sets up, starts or stops the server."""
        return self.data_dir / "postgres.lock"

    @property
    def life_lock(self) -> Path:
        """Lock file that the server and all its processes hold until the last of them ends."""
        return self.data_dir / "postgres.alive"

    @property
    def start_log(self) -> Path:
        """Output of the last start, before the log collector took over."""
        return self.data_dir / "postgres-start.log"

    @property
    def log_folder(self) -> Path:
        """Folder of the log collector's files."""
        return self.cluster / "log"

    @property
    def socket_folder(self) -> Path:
        """Folder of the socket: the cluster folder, or one in /tmp if the socket's path there would be too long.

        It is in /tmp and not in TMPDIR, because the next start has to find the same folder whatever its environment.
        """
        path = str(self.cluster)
        if len(f"{path}/{SOCKET_NAME}".encode()) <= _MAX_SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(path):
            return self.cluster
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(f"/tmp/agentsentinel-{os.geteuid()}-{digest}")  # noqa: S108 - owner and rights are verified


def open_data_dir(layout: Layout, account: Account) -> None:
    """Create the data directory, or check that PostgreSQL's account can enter it; its mode is as strict as possible.

    The mode of a folder above it, or of a shared one, is never changed. Raises EmbeddedPostgresError when the account
    cannot enter it.
    """
    rights = _PRIVATE if account.is_ourselves else _ENTER_ONLY
    data_dir = layout.data_dir
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=rights)
        if _may_change(data_dir):
            if not any(data_dir.iterdir()):
                data_dir.chmod(rights)
            elif not account.can_reach(data_dir):
                data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | _ENTER_BITS)
    except OSError as error:
        message = f"cannot use the data directory {data_dir}: {error.strerror}; choose another with --data-dir"
        raise EmbeddedPostgresError(message) from error
    _require_reachable(data_dir, account)


def open_socket_folder(layout: Layout, account: Account) -> None:
    """Create the socket's folder if it is not the cluster folder.

    Raises EmbeddedPostgresError when another user has created it: the owner of the folder could answer in the server's
    place and receive the proof of the password.
    """
    folder = layout.socket_folder
    if folder == layout.cluster:
        return
    try:
        folder.mkdir(mode=_PRIVATE)
        account.give(folder)
    except FileExistsError:
        _require_private(folder, account)


def close_socket_folder(layout: Layout) -> None:
    """Remove the socket's folder if it is empty and not the cluster folder."""
    if layout.socket_folder != layout.cluster and layout.socket_folder.is_dir():
        try:
            layout.socket_folder.rmdir()
        except OSError:
            return  # not empty, or of another owner: the next start checks it again


def _may_change(data_dir: Path) -> bool:
    """Tell whether the data directory's mode may be changed: not if it is a shared or home folder (/tmp, /root)."""
    status = data_dir.stat()
    is_shared = status.st_mode & stat.S_ISVTX
    return status.st_uid == os.geteuid() and not is_shared and not _is_a_home(data_dir)


def _is_a_home(folder: Path) -> bool:
    return any(entry.pw_dir == str(folder) for entry in pwd.getpwall())


def _require_reachable(data_dir: Path, account: Account) -> None:
    if account.can_reach(data_dir):
        return
    closed = next(folder for folder in (*reversed(data_dir.parents), data_dir) if not account.can_reach(folder))
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and the user it runs as (id {account.uid}) cannot enter {closed}, "
        f"which is on the way to the data directory {data_dir}; try --data-dir /var/lib/agentsentinel"
    )


def _require_private(folder: Path, account: Account) -> None:
    status = folder.lstat()
    trusted = {account.uid, os.geteuid()}
    if stat.S_ISDIR(status.st_mode) and status.st_uid in trusted and not status.st_mode & 0o077:
        account.give(folder)
        return
    raise EmbeddedPostgresError(
        f"the socket folder {folder} is not a private folder of user id {account.uid} "
        f"(owner {status.st_uid}, mode {stat.filemode(status.st_mode)}); remove it, or choose a shorter --data-dir"
    )
