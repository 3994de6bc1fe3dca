"""Keeps a snapshot and a policy current, on a thread of its own: a call never waits for the server or a disk."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from agentsentinel_core.policy.model import Policy
from agentsentinel_shim.enforcement.judge import Knowledge
from agentsentinel_shim.enforcement.snapshot import Snapshot, WrongSnapshot, read_snapshot
from agentsentinel_shim.policy_file import PolicyError, load_policy, read_bytes, read_policy

logger = logging.getLogger("agentsentinel.shim")

MOST_AGE_SECONDS = 30.0
"""Age from which a snapshot is not enforced any more."""
HELD_SECONDS = 8
"""How long the server may hold a question whose answer has not changed: less than a proxy waits."""
PAUSE_SECONDS = 1.0
"""Pause after a failure, and between two looks at the policy's file."""
MOST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer that are read."""


class PolicyFile:
    """A policy and its file. One that becomes wrong does not replace the one before.

    Args:
        path: the file.
        copy: where the bytes of the policy that holds are kept, so that it also holds in the next process; None keeps
            them in no file.

    Raises PolicyError when there is none to begin with.
    """

    def __init__(self, path: Path, copy: Path | None = None) -> None:
        self._path = path
        self._copy = copy
        self._mark = _mark(path)
        self.problem = ""
        """Why the file was not loaded as it is now; empty when it was."""
        try:
            self.policy: Policy = self._load()
        except PolicyError as error:
            if copy is None or not copy.exists():
                raise
            self._complain(error)
            self.policy = load_policy(copy)

    def refresh(self) -> None:
        """Load the file again when it has changed; says why where that cannot be done."""
        mark = _mark(self._path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self.policy = self._load()
        except PolicyError as error:
            self._complain(error)
        else:
            logger.warning("the policy %s was loaded again: %d rules", self._path, len(self.policy.rules))

    def _load(self) -> Policy:
        data = read_bytes(self._path)
        policy = read_policy(self._path, data)
        self.problem = ""
        if self._copy is not None:
            replace_file(self._copy, data)
        return policy

    def _complain(self, error: PolicyError) -> None:
        self.problem = str(error)
        logger.error("the policy was not replaced, and the one before holds:\n%s", error)


def replace_file(path: Path, data: bytes) -> None:
    """Put bytes in the place of a file at once, readable by its owner alone. Raises OSError."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(data)
    temporary.replace(path)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


class SnapshotPoller:
    """Asks the server for the snapshot of an agent, again and again.

    Args:
        http: a client with the server's address and key; closed with the poller.
        agent_id: returns the id of the agent, None until it is known.
        policy: looked at between the questions.
        most_age: seconds after which a snapshot is not enforced.
        on_trouble: called on the poller's thread with what a question ended in.
        on_snapshot: called on the poller's thread with each snapshot that differs from the one before.
    """

    def __init__(
        self,
        http: httpx2.Client,
        agent_id: Callable[[], str | None],
        policy: PolicyFile | None,
        most_age: float = MOST_AGE_SECONDS,
        on_trouble: Callable[[Exception], object] = lambda _: None,
        on_snapshot: Callable[[Snapshot], object] = lambda _: None,
    ) -> None:
        self._http = http
        self._agent_id = agent_id
        self._policy = policy
        self._most_age = most_age
        self._on_trouble = on_trouble
        self._on_snapshot = on_snapshot
        self._snapshot: Snapshot | None = None
        self._asked_at = float("-inf")
        self._complaint = ""
        self._closing = threading.Event()
        self._first = threading.Event()
        self._tried = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(step,), name=f"agentsentinel-{name}", daemon=True)
            for name, step in (("snapshot", self._ask), ("policy", self._look))
        ]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def wait_for_first(self, timeout: float) -> bool:
        """Wait for the first snapshot, at most `timeout` seconds; whether it is there."""
        return self._first.wait(timeout)

    def wait_for_try(self, timeout: float) -> None:
        """Wait until the server was asked for the first time, whether it answered or not, at most `timeout` seconds."""
        self._tried.wait(timeout)

    def close(self) -> None:
        """Stop to ask."""
        self._closing.set()
        self._http.close()

    def knowledge(self) -> Knowledge:
        """Return the newest snapshot. Its age counts from the moment it was asked for: that much is certain."""
        return Knowledge(self._snapshot, time.monotonic() - self._asked_at <= self._most_age)

    def policy(self) -> Policy | None:
        """Return the policy that holds."""
        return self._policy.policy if self._policy is not None else None

    def _run(self, step: Callable[[], float]) -> None:
        while not self._closing.is_set():
            try:
                pause = step()
            except Exception:
                if self._closing.is_set():
                    return
                logger.exception("the snapshot or the policy cannot be kept current")
                pause = PAUSE_SECONDS
            self._closing.wait(pause)

    def _look(self) -> float:
        if self._policy is not None:
            self._policy.refresh()
        return PAUSE_SECONDS

    def _ask(self) -> float:
        """Ask once; return the seconds until the next question."""
        try:
            agent_id = self._agent_id()
            return PAUSE_SECONDS / 10 if agent_id is None else self._ask_about(agent_id)
        finally:
            self._tried.set()

    def _ask_about(self, agent_id: str) -> float:
        version = self._snapshot.version if self._snapshot is not None else None
        params: dict[str, str | int] = {"version": version, "wait": HELD_SECONDS} if version is not None else {}
        asked_at = time.monotonic()
        try:
            snapshot = read_snapshot(self._fetched(f"agents/{agent_id}/enforcement", params))
        except (httpx2.HTTPError, WrongSnapshot, ValueError) as error:
            self._on_trouble(error)
            self._complain(f"the snapshot of the agent cannot be read ({type(error).__name__}: {error})")
            return PAUSE_SECONDS
        is_held = version == snapshot.version
        if not is_held:
            self._on_snapshot(snapshot)
        self._snapshot, self._asked_at = snapshot, time.monotonic() if is_held else asked_at
        self._complaint = ""
        self._first.set()
        return 0.0 if not is_held or time.monotonic() - asked_at > PAUSE_SECONDS else PAUSE_SECONDS

    def _fetched(self, path: str, params: dict[str, str | int]) -> object:
        with self._http.stream("GET", path, params=params, timeout=HELD_SECONDS + 10) as response:
            response.raise_for_status()
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MOST_ANSWER:
                    raise WrongSnapshot(f"the answer is longer than {MOST_ANSWER} bytes")
            return json.loads(body)

    def _complain(self, sentence: str) -> None:
        if sentence != self._complaint and not self._closing.is_set():
            self._complaint = sentence
            logger.warning("%s", sentence)
