"""The process that sends what hooks have left: `python -m agentsentinel_shim.hook.ship FOLDER`.

One runs at a time. It takes the spool in whole files, joins the sides of calls, and gives the events to the SDK's
reporter, which sends them, or keeps them on disk while the server is away. A file is deleted only then, and an event
that is given twice has the same id, so whatever ends this process, each call arrives once.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.joining import Joiner, Sender

if TYPE_CHECKING:
    from agentsentinel_sdk.identity import AgentIdentity

STATE = "state.json"
_TAKEN = ".taken"
UNSENT = "unsent"
"""The folder in which the SDK's reporter keeps what it could not send."""
IDLE_SECONDS = 20.0
"""How long it waits for more before it ends: the next hook starts another one."""
PAUSE_SECONDS = 1.0
SEND_SECONDS = 5.0
"""How long one round may send; the rest stays on disk, and is sent by a later round."""
CLOSE_SECONDS = 1.0
AGAIN_SECONDS = 30.0
"""Pause before what could not be sent is tried again."""
PATIENT_SECONDS = 900.0
"""How long a process stays while the server is away; the next hook starts another one."""
TITLES = {"claude-code": "Claude Code", "codex": "Codex", "copilot": "GitHub Copilot", "cursor": "Cursor"}


class Sink(Protocol):
    """What `Reporter` is to this module."""

    def submit(self, wire: dict[str, Any]) -> None:
        """Take an event as the API takes it, without `agent_id`; never waits."""

    def flush(self, timeout: float) -> bool:
        """Send everything, also what earlier processes left on disk; whether nothing is left."""

    def close(self, timeout: float) -> None:
        """Leave on disk what could not be sent."""


class Shipper:
    """Sends what is in a folder. For one process at a time.

    Args:
        folder: where hooks leave their lines.
        make_sink: makes what sends the events of a sender; raises ValueError when it has no key.
        clock: Unix time in seconds.
    """

    def __init__(
        self, folder: Path, make_sink: Callable[[Sender], Sink], clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._make_sink = make_sink
        self._clock = clock
        saved = self._saved()
        self._done: str = saved.get("done", "")
        self._joiner = Joiner(saved.get("calls"))
        self.unsent: set[Sender] = set()
        """Whose events are on disk, since the server was away."""

    def ship(self) -> int:
        """Send all that is there, and return how many events that were. Raises ValueError without a key."""
        if not self._taken():  # else the bound on the spool would not bound what was taken from it
            self._take()
        sinks: dict[Sender, Sink] = {}
        count = 0
        taken = self._taken()
        try:
            for path in taken:
                for record in _records(path) if path.name > self._done else []:
                    count += self._submit(sinks, self._joiner.add(record))
            for expired in self._joiner.expired(self._clock()):
                count += self._submit(sinks, expired)
            for sender in self.unsent - sinks.keys():
                sinks[sender] = self._make_sink(sender)
        finally:
            self.unsent = {sender for sender, sink in sinks.items() if not sink.flush(SEND_SECONDS)}
            for sink in sinks.values():
                sink.close(CLOSE_SECONDS)
        if taken or count:
            self._done = max([self._done, *(path.name for path in taken)])
            self._save()
        for path in taken:
            path.unlink(missing_ok=True)
        return count

    def has_more(self) -> bool:
        """Whether hooks have left anything since."""
        return (self._folder / spool.NAME).exists() or bool(self._taken())

    def _submit(self, sinks: dict[Sender, Sink], ended: tuple[Sender, dict[str, Any]] | None) -> int:
        if ended is None:
            return 0
        sender, event = ended
        if sender not in sinks:
            sinks[sender] = self._make_sink(sender)
        sinks[sender].submit(event)
        return 1

    def _take(self) -> None:
        """Rename the spool, so that hooks begin a new one."""
        with spool.Lock(str(self._folder / spool.LOCK)), suppress(FileNotFoundError):
            name = max(f"{time.time_ns():020d}", f"{self._last_number() + 1:020d}")
            (self._folder / spool.NAME).rename(self._folder / f"{name}{_TAKEN}")

    def _last_number(self) -> int:
        """Return the number of the newest file: a clock may be set back."""
        names = [self._done, *(path.name for path in self._taken())]
        return max(int(name.partition(".")[0] or 0) for name in names)

    def _taken(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_TAKEN}"))

    def _saved(self) -> dict[str, Any]:
        try:
            saved = json.loads((self._folder / STATE).read_bytes())
        except (OSError, ValueError):
            return {}
        return saved if isinstance(saved, dict) else {}

    def _save(self) -> None:
        temporary = self._folder / f"{STATE}.new"
        temporary.write_text(json.dumps({"done": self._done, "calls": self._joiner.state}))
        temporary.chmod(0o600)
        temporary.replace(self._folder / STATE)


def _records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file; a line that holds none is left out."""
    found = []
    for text in path.read_bytes().splitlines():
        with suppress(ValueError):
            record = json.loads(text)
            if isinstance(record, dict) and {"phase", "client", "at", "tool", "input"} <= record.keys():
                found.append(record)
    return found


def reporter_of(sender: Sender, unsent: Path) -> Sink:
    """Return the SDK's reporter for the agent that a client on this machine is. Raises ValueError without a key.

    Args:
        sender: whose events it sends.
        unsent: the folder for what it cannot send.
    """
    from agentsentinel_sdk.reporter import API_KEY_VARIABLE, Reporter
    from agentsentinel_shim.key_file import read_key

    key = None if sender.key_file else os.environ.get(API_KEY_VARIABLE)
    identity = identity_of(sender.client)
    return Reporter(
        key or read_key(Path(sender.key_file) if sender.key_file else None),
        sender.url or None,
        agent_name=identity.name,
        agent_type=identity.agent_type,
        description=identity.description,
        spool=unsent,
    )


def identity_of(client: str) -> AgentIdentity:
    """Return the agent that a client of this user on this machine is."""
    from agentsentinel_sdk.identity import AgentIdentity

    title = TITLES.get(client, client)
    return AgentIdentity(
        name=agent_name(client),
        agent_type="coding_agent",
        description=f"{title} of {_user()} on {platform.node()}, reported by its hooks",
    )


def agent_name(client: str) -> str:
    """Return the name of the agent that a client of this user on this machine is."""
    return f"{client}:{_user()}@{platform.node() or 'localhost'}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a number without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def main(folder: Path, idle_seconds: float = IDLE_SECONDS) -> int:
    """Send until nothing has come for a while. Returns 0: what goes wrong is in the log."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it is the first of its session already
            os.setsid()
    while _work(folder, idle_seconds):
        pass  # a hook left a line after the last look, and saw this process still at work
    return 0


def _work(folder: Path, idle_seconds: float) -> bool:
    """Send under the lock; return whether something was left after it was given up."""
    try:
        with spool.Lock(str(folder / spool.SHIPPER_LOCK), wait_seconds=0):
            shipper = Shipper(folder, partial(reporter_of, unsent=folder / UNSENT))
            worked_at = tried_at = time.monotonic()
            while (now := time.monotonic()) - worked_at < (PATIENT_SECONDS if shipper.unsent else idle_seconds):
                if shipper.has_more():
                    shipper.ship()
                    worked_at = tried_at = now
                elif shipper.unsent and now - tried_at >= AGAIN_SECONDS:
                    shipper.ship()
                    tried_at = now
                time.sleep(PAUSE_SECONDS)
    except BlockingIOError:
        return False  # another one is at work
    except Exception as error:
        spool.log(str(folder), f"nothing was sent: {error}")
        spool.pause(str(folder))
        return False
    return shipper.has_more()


if __name__ == "__main__":
    os.closerange(3, 256)  # what a client left open for its hooks: it may wait until the last one closes it
    sys.exit(main(Path(sys.argv[1])))
