"""Looks at copies of messages on a thread of its own, while the relay forwards them.

Relaying never waits for it: what it cannot keep up with is not looked at, and counted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from agentsentinel_shim.conversation import Conversation, Link, ListsSeen, Observation
from agentsentinel_shim.copies import Copy
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.headers import McpHeaders
from agentsentinel_shim.jsonrpc import Message, Reading, read, read_outline

logger = logging.getLogger("agentsentinel.shim")

LINGER_SECONDS = 0.1
"""How long the first copy waits for more: waking the thread for each one would stop the relay every time."""
CATCH_UP_SECONDS = 0.25
"""How long the relay waits at most for what it has forwarded to be looked at."""
MOST_WAITING = 64 * 1024 * 1024
"""Bytes of copies that wait to be looked at, with what each costs beside its own bytes."""
_STEP_BYTES = 512


class Observer:
    """Turns copies into observations, in the order in which they were given. Safe to share between threads.

    Args:
        conversation: follows the messages; used by the observer's thread only.
        sink: called on that thread with each observation.
        on_message: called on that thread with each message, and whether the client has sent it.
        judge: called on that thread with each message of a client that was not judged before it was forwarded.
    """

    def __init__(
        self,
        conversation: Conversation,
        sink: Callable[[Observation], None],
        on_message: Callable[[Message, bool], None] | None = None,
        judge: Callable[[Link, Message, float], Verdict | None] | None = None,
    ) -> None:
        self._conversation = conversation
        self._on_message = on_message
        self._judge = judge
        self._sink = sink
        self._steps: deque[tuple[Callable[[], Iterable[Observation]], int]] = deque()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._waiting = 0
        self.unseen = 0
        """Messages that were forwarded without being looked at."""
        self._thread = threading.Thread(target=self._run, name="agentsentinel-observer", daemon=True)
        self._thread.start()

    def sent(
        self,
        link: Link,
        copy: Copy,
        at: float,
        *,
        is_from_client: bool,
        headers: McpHeaders | None = None,
        verdicts: Mapping[int, Verdict] | None = None,
    ) -> None:
        """Look at a message that was forwarded at Unix time `at`.

        Args:
            link: between whom it travels.
            copy: the message.
            at: when it was forwarded.
            is_from_client: who has sent it.
            headers: those of an HTTP request.
            verdicts: what was decided about its calls before, by the place of each in a batch.
        """
        size = _STEP_BYTES + (len(copy) if isinstance(copy, bytes) else 0)
        if self._waiting + size > MOST_WAITING:
            self.unseen += 1
            return
        self._waiting += size
        self._add(lambda: self._look(link, copy, at, headers, verdicts, is_from_client=is_from_client), size)

    def refused(self, link: Link, reading: Reading, verdicts: Mapping[int, Verdict], at: float) -> None:
        """Report a body of the client that was kept from the server at Unix time `at`."""
        self._add(lambda: self._refused(link, reading, verdicts, at))

    def closed(self, link: Link, at: float, why: str = "cancelled") -> None:
        """End the calls of a link whose answers cannot come any more."""
        self._add(lambda: self._conversation.closed(link, at, why))

    def not_given(self, link: Link) -> None:
        """Take that the requests of a link failed over HTTP without a JSON-RPC answer."""

        def take() -> Iterable[Observation]:
            self._conversation.not_given(link)
            return ()

        self._add(take)

    def abandoned(self, at: float, why: str) -> None:
        """End all calls: the server is gone."""
        self._add(lambda: self._conversation.abandoned(at, why))

    def drain(self, timeout: float) -> bool:
        """Look at what was sent so far, at most `timeout` seconds; whether all of it was looked at."""
        is_done = threading.Event()

        def reach() -> Iterable[Observation]:
            is_done.set()
            return ()

        self._add(reach)
        return is_done.wait(timeout)

    def catch_up(self, timeout: float = CATCH_UP_SECONDS) -> ListsSeen | None:
        """Look at what was sent so far at once, and return the lists among it; None if `timeout` seconds pass first."""
        is_done = threading.Event()
        seen: list[ListsSeen] = []

        def reach() -> Iterable[Observation]:
            seen.append(self._conversation.lists_seen._replace(dropped=self.unseen))
            is_done.set()
            return ()

        self._add(reach)
        self._hurry.set()
        return seen[0] if is_done.wait(timeout) else None

    def close(self, timeout: float) -> None:
        """Look at what waits, at most `timeout` seconds; later messages are not looked at."""
        self._closing.set()
        self._hurry.set()
        self._wake.set()
        self._thread.join(timeout)

    def _add(self, look: Callable[[], Iterable[Observation]], size: int = 0) -> None:
        self._steps.append((look, size))
        if not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._hurry.wait(LINGER_SECONDS)
            self._wake.clear()  # before the steps are taken: what comes from now on wakes the thread again
            self._hurry.clear()
            self._take_steps()
        self._take_steps()

    def _take_steps(self) -> None:
        while self._steps:
            look, size = self._steps.popleft()
            try:
                for observation in look():
                    self._sink(observation)
            except Exception:
                logger.exception("a message could not be looked at")
            self._waiting -= size

    def _look(
        self,
        link: Link,
        copy: Copy,
        at: float,
        headers: McpHeaders | None,
        verdicts: Mapping[int, Verdict] | None,
        *,
        is_from_client: bool,
    ) -> Iterable[Observation]:
        reading: Reading = read(copy) if isinstance(copy, bytes) else read_outline(copy)
        defects = reading.defects
        for place, message in enumerate(reading.messages):
            if self._on_message is not None:
                self._on_message(message, is_from_client)
            if is_from_client:
                verdict = self._verdict(link, message, at) if verdicts is None else verdicts.get(place)
                yield from self._conversation.from_client(link, message, at, verdict)
            else:
                yield from self._conversation.from_server(link, message, at)
            defects += tuple(headers.contradictions(message)) if headers is not None else ()
        if defects:
            yield self._conversation.smuggled(link, defects, at, is_from_client=is_from_client)

    def _verdict(self, link: Link, message: Message, at: float) -> Verdict | None:
        return self._judge(link, message, at) if self._judge is not None else None

    def _refused(
        self, link: Link, reading: Reading, verdicts: Mapping[int, Verdict], at: float
    ) -> Iterable[Observation]:
        for place, verdict in verdicts.items():
            if verdict.decision == "deny":
                yield from self._conversation.refused(link, reading.messages[place], at, verdict)
        if reading.defects:
            yield self._conversation.smuggled(link, reading.defects, at, is_from_client=True, is_refused=True)
