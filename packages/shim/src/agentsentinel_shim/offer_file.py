"""Keeps what a server offered on disk, for a shim that starts anew.

Clients keep lists, so a shim may see calls before any list: the file says which definitions they were made from.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.desk.files import Unusable, read
from agentsentinel_shim.offered import MOST_PRINCIPALS, Offer, offer_of

logger = logging.getLogger("agentsentinel.shim")

MOST_BYTES = 64 * 1024 * 1024
_VERSION = 1


def file_for(folder: Path, *identity: str | Sequence[str] | None) -> Path:
    """Return the file of one agent and server, below the folder of unsent events."""
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
    return folder / "manifests" / f"{digest}.json"


class Kept(NamedTuple):
    """What was kept of one server."""

    server_name: str
    offers: Mapping[str, Offer]
    """By principal."""


class OfferFile:
    """The offers of one server to one agent.

    Args:
        path: of the file; None to keep nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._has_failed = False

    def load(self) -> Kept | None:
        """Return what was kept; None when there is no file, or it cannot be used."""
        if self._path is None or not self._path.exists():
            return None
        try:
            return _kept(json.loads(read(self._path, MOST_BYTES).content))
        except (Unusable, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self._complain(f"what the server offered cannot be read again: {error}")
            return None

    def store(self, kept: Kept) -> None:
        """Write the offers, whole or not at all. A failure is logged once, and harms nothing else."""
        if self._path is None:
            return
        try:
            _write(self._path, _text(kept))
        except (OSError, ValueError, RecursionError) as error:
            self._complain(f"what the server offers cannot be kept: {error}")

    def _complain(self, sentence: str) -> None:
        if not self._has_failed:
            self._has_failed = True
            logger.warning("%s (%s)", sentence, self._path)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _text(kept: Kept) -> str:
    """Return the file's content. Raises ValueError when it would be too large, and RecursionError."""
    content = json.dumps(_plain(kept))
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    return content


def _plain(kept: Kept) -> dict[str, Any]:
    offers = {
        principal: {
            "is_public": offer.is_public,
            "lists": {kind.value: list(definitions) for kind, definitions in offer.lists.items()},
        }
        for principal, offer in kept.offers.items()
    }
    return {"version": _VERSION, "server_name": kept.server_name, "offers": offers}


def _kept(value: Any) -> Kept:
    offers = list(value["offers"].items())[:MOST_PRINCIPALS]
    return Kept(str(value["server_name"]), {str(principal): _offer(each) for principal, each in offers})


def _offer(value: Any) -> Offer:
    lists = {ItemKind(kind): tuple(dict(each) for each in each_list) for kind, each_list in value["lists"].items()}
    return offer_of(lists, is_public=value["is_public"] is True)
