"""The thread that sends what was reported: in batches while the server answers, to the disk while it does not.

It is in one of three states. *Sending*: entries travel from the queue to the server, a batch at a time. *Away*: the
last attempt failed; entries go from the queue to the spool at once, and the server is tried again after a pause that
grows to five seconds, or as long as its `Retry-After` asks, within a minute. *Refused*: the server does not accept the
key or the agent; entries go to the spool, and the server is asked again once a minute, since a key may be made valid
again and a proxy may have answered in the server's place.

While anything is in the spool, new entries go behind it, so that events arrive in the order they were made. Without
a spool they wait in the queue, which drops its oldest when it is full.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agentsentinel_sdk._delivery import Delivery, Verdict
from agentsentinel_sdk._http import pause_seconds
from agentsentinel_sdk._log import logger, notify
from agentsentinel_sdk._queue import Entry, EventQueue
from agentsentinel_sdk._spool import Spool
from agentsentinel_sdk.errors import ApiError, SentinelError
from agentsentinel_sdk.identity import Refusal

BATCH = 500
"""Events in one request: half of what the server takes, and well under its body limit."""
LINGER_SECONDS = 0.1
"""How long an event may wait for others to travel with it."""
LONGEST_WAIT_SECONDS = 60.0
"""A server that asks for more is not obeyed further: it may have sent nonsense."""
ADOPT_SECONDS = 60.0
"""How often the files of processes that have ended are looked for."""
REFUSED_SECONDS = 60.0
"""The pause after the server has refused the key or the agent; `flush` does not shorten it."""
NEWS_SECONDS = 60.0
"""At most one line in the log in this time."""
_FLUSH_PAUSE_SECONDS = 0.2
"""The longest pause between two attempts while `flush` waits, unless the server asked for a longer one."""


@dataclass(frozen=True)
class ReporterStats:
    """Counts of everything that was reported.

    At rest nothing is missing: `accepted + adopted == delivered + rejected + dropped + queued + spooled`.
    """

    accepted: int
    """Events taken from the agent in this process."""
    adopted: int
    """Events taken over from files of processes that had ended."""
    delivered: int
    """Stored by the server, now or before."""
    rejected: int
    """Refused by the server one by one, or unreadable on disk; they will not be sent again."""
    dropped: int
    """Lost because memory or disk was full, or they were over a day old."""
    queued: int
    """Waiting in memory."""
    spooled: int
    """Waiting on disk."""
    abandoned: int
    """Tool calls that began and whose end was never reported."""
    problem: str | None
    """Why the last attempt failed, or None when it did not."""


class Worker:
    """Queue, spool and sending thread of one reporter."""

    def __init__(
        self,
        make_delivery: Callable[[], Delivery],
        queue: EventQueue,
        spool: Spool | None,
        on_scored: Callable[[dict[str, Any], float | None], object] | None = None,
        *,
        on_start: Callable[[], object] = bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.queue = queue
        self.abandoned = 0
        self._make_delivery = make_delivery
        self._spool = spool
        self._on_scored = on_scored
        self._on_start = on_start
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Start from nothing, as a forked child must."""
        self.queue.reset()
        if self._spool is not None:
            self._spool.forget()
        self.abandoned = 0
        self._delivery: Delivery | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._spool_lock = threading.RLock()
        self._delivered = self._rejected = 0
        self._attempt = 0
        self._try_at = 0.0
        self._urgent_at = 0.0
        self._adopt_at = math.inf if self._spool is None else 0.0
        self._is_refused = False
        self._is_known = False
        self._declared = 0
        """How often something was declared, and after which of these times all of it is known to the server."""
        self._stated = 0
        self._is_stopping = False
        self._is_closed = False
        self._flushing = 0
        self._problem: str | None = None
        self._news_at = 0.0
        self._logged: tuple[int, int, str | None] = (0, 0, None)

    # --- from the agent's threads ---------------------------------------------------------------------------------

    def report(self, entry: Entry) -> None:
        """Take one entry; never waits."""
        self.queue.put(entry, BATCH)
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Start the sending thread, unless it runs; where none can start any more, `close` does its work."""
        with self._lock:
            if self._thread is not None or self._is_closed:
                return
            thread = threading.Thread(target=self._run, name="agentsentinel-reporter", daemon=True)
            self._thread = thread
        self._on_start()
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or out of threads
            self._thread = None

    def prepare_again(self) -> None:
        """State what was declared meanwhile, at the next turn; never waits."""
        self._declared += 1
        self.queue.wake.set()
        self.start()

    def flush(self, timeout: float) -> bool:
        """Send everything now; whether nothing is left. Gives up after `timeout` seconds, or when it is refused."""
        self.start()
        if threading.current_thread() is self._thread:
            return False
        deadline = time.monotonic() + timeout
        self._add_flushing(1)
        self.queue.wake.set()
        try:
            while not self._is_idle() or self._has_declared:
                if time.monotonic() >= deadline or self._is_refused or self._is_closed:
                    return False
                time.sleep(0.002)
            return True
        finally:
            self._add_flushing(-1)

    def _add_flushing(self, count: int) -> None:
        with self._lock:
            self._flushing += count

    def stop(self) -> None:
        """Ask the thread to send what there is and to end."""
        self._is_stopping = True
        self.queue.wake.set()

    def close(self, deadline: float) -> None:
        """Send what there is until `deadline` (monotonic); the rest goes to the spool, or is counted as dropped."""
        self.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(deadline - time.monotonic(), 0.0))
        with self._lock:
            if not self._is_closed:
                self._put_away_the_rest()

    @property
    def is_refused(self) -> bool:
        """Whether the last answer was that the key or the agent is not accepted."""
        return self._is_refused

    def stats(self) -> ReporterStats:
        """Return the tally so far; exact when nothing is moving."""
        spool = self._spool
        on_disk = (0, 0, 0, 0) if spool is None else (spool.adopted, spool.unreadable, spool.dropped, len(spool))
        adopted, unreadable, dropped, spooled = on_disk
        return ReporterStats(
            accepted=self.queue.accepted,
            adopted=adopted,
            delivered=self._delivered,
            rejected=self._rejected + unreadable,
            dropped=self.queue.dropped + dropped,
            queued=len(self.queue),
            spooled=spooled,
            abandoned=self.abandoned,
            problem=self._problem,
        )

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_closed:
            try:
                if not self._turn():
                    break
            except Exception as error:  # a mistake of ours must not end the thread, nor spin
                logger.debug("the reporter stumbled", exc_info=True)
                self._fail(error, None)
        with self._lock:
            if not self._is_closed:
                self._put_away_the_rest()

    def _turn(self) -> bool:
        """Wait for something to do and do it; False when the thread shall end."""
        self._wait()
        self._adopt()
        if self._may_try():
            self._send()
        else:
            self._put_away()
        self._log_news()
        return not self._is_finished()

    def _wait(self) -> None:
        if self.queue.wake.wait(self._idle_seconds()):
            self.queue.wake.clear()
            if not self._is_urgent() and self.queue.waiting < BATCH:
                self.queue.wake.wait(LINGER_SECONDS)
                self.queue.wake.clear()

    def _idle_seconds(self) -> float | None:
        """Seconds until the next thing to do, or None when only a wake-up can bring one.

        Nothing here may be 0 while there is nothing to do: the thread would spin, and where threads are green
        (eventlet), one that never waits lets no other run.
        """
        if self._is_stopping:
            return 0.0  # the last turns, see `_is_finished`
        due = self._due_at() if self._has_work() else self._adopt_at
        return None if due == math.inf else max(due - self._clock(), 0.0)

    def _has_work(self) -> bool:
        return self._has_backlog() or self.queue.waiting > 0 or not self._is_known or self._has_declared

    def _due_at(self) -> float:
        """When the server may be tried next."""
        return self._urgent_at if self._flushing else self._try_at

    def _is_urgent(self) -> bool:
        return self._flushing > 0 or self._is_stopping

    @property
    def _has_declared(self) -> bool:
        """Whether something that was declared is not known to the server yet."""
        return self._stated < self._declared

    def _has_backlog(self) -> bool:
        return self._spool is not None and len(self._spool) > 0

    def _may_try(self) -> bool:
        if self._is_stopping:
            if self._is_refused:
                return False
            return self._attempt == 0 or self._spool is None  # away: the next start will find the files
        return self._clock() >= self._due_at()

    def _is_idle(self) -> bool:
        return len(self.queue) == 0 and not self._has_backlog()

    def _is_finished(self) -> bool:
        return self._is_stopping and (self._is_idle() or not self._may_try() or self._attempt > 0)

    def _adopt(self) -> None:
        if self._spool is None or self._clock() < self._adopt_at or self._is_stopping:
            return
        self._adopt_at = self._clock() + ADOPT_SECONDS
        with self._spool_lock:
            self._spool.adopt()

    # --- sending --------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        """One batch: the oldest there is."""
        if self._has_backlog():
            self._put_away()
        try:
            entries, from_spool = self._next_batch()
        except OSError as error:
            self._complain(f"the spool cannot be read: {error}")
            self._fail(error, None)
            return
        try:
            verdicts = self._deliver(entries)
        except Refusal as error:
            self._refuse(error)
        except SentinelError as error:
            self._fail(error, error.retry_after if isinstance(error, ApiError) else None)
        else:
            self._arrived(entries, verdicts, from_spool)
            return
        if not from_spool:
            self._spool_taken()

    def _next_batch(self) -> tuple[list[Entry], bool]:
        if self._spool is not None and self._has_backlog():
            with self._spool_lock:
                spooled = self._spool.peek(BATCH)
            if spooled:
                return spooled, True
        return self.queue.take(BATCH), False

    def _deliver(self, entries: Sequence[Entry]) -> list[Verdict]:
        if self._delivery is None:
            self._delivery = self._make_delivery()
        if not self._is_known or self._has_declared:
            declared = self._declared  # what is declared meanwhile has its own turn
            self._delivery.prepare()
            self._is_known, self._stated = True, declared
        return self._delivery.send(entries) if entries else []

    def _arrived(self, entries: Sequence[Entry], verdicts: Sequence[Verdict], from_spool: bool) -> None:
        self._announce(entries, verdicts)  # first, so that a caller waiting in `flush` finds it done
        with self._lock:
            if self._is_closed:
                return  # too late: these entries have gone to the spool
            if entries or self._attempt:
                self._problem = None
            self._attempt, self._try_at, self._urgent_at, self._is_refused = 0, 0.0, 0.0, False
            for verdict in verdicts:
                self._delivered += verdict.is_stored
                self._rejected += not verdict.is_stored
                self._problem = verdict.detail or self._problem
            if from_spool and self._spool is not None:
                with self._spool_lock:
                    self._spool.advance()
            else:
                self.queue.settle()
        if self.queue.waiting or self._has_backlog():
            self.queue.wake.set()

    def _announce(self, entries: Sequence[Entry], verdicts: Sequence[Verdict]) -> None:
        if self._on_scored is None:
            return
        try:
            for entry, verdict in zip(entries, verdicts, strict=True):
                if entry.is_own and verdict.is_stored:
                    self._on_scored(entry.wire, verdict.anomaly_score)
        except Exception:
            logger.debug("a callback of the host raised", exc_info=True)

    def _refuse(self, error: Refusal) -> None:
        is_news = not self._is_refused or self._problem != str(error)
        self._is_refused = True
        self._fail(error, REFUSED_SECONDS)
        if is_news:
            notify(f"tool calls are not reported, the agent goes on: {error}. {error.advice}")
            self._logged = (self._logged[0], self._logged[1], self._problem)

    def _fail(self, error: Exception, retry_after: float | None) -> None:
        pause = pause_seconds(self._attempt)
        if retry_after is not None:
            pause = max(min(retry_after, LONGEST_WAIT_SECONDS), pause)
        self._attempt += 1
        self._try_at = self._clock() + pause
        self._urgent_at = self._try_at if retry_after is not None else self._clock() + min(pause, _FLUSH_PAUSE_SECONDS)
        self._problem = str(error) or type(error).__name__

    # --- spooling -------------------------------------------------------------------------------------------------

    def _put_away(self) -> None:
        """Move the queue to the disk."""
        while self._spool is not None and self.queue.waiting:
            self.queue.take(BATCH)
            if not self._spool_taken():
                return

    def _spool_taken(self) -> bool:
        """Write what was taken to the spool; without one, or when it is full, it waits in memory."""
        with self._lock:
            if self._is_closed:
                return False
            if self._spool is None:
                self.queue.put_back()
                return False
            try:
                with self._spool_lock:
                    self._spool.append(self.queue.taken)
            except OSError as error:
                self.queue.put_back()
                self._complain(f"the spool cannot be written, events wait in memory: {error}")
                return False
            self.queue.settle()
            return True

    def _put_away_the_rest(self) -> None:
        """Move what is left in memory to the disk, as the last act of the worker."""
        self._is_closed = True
        entries = self.queue.take_all()
        if entries and not self._spooled(entries):
            lost = self.queue.drop_taken()
            logger.warning("%d tool calls could not be reported before the process ended", lost)
        if self._spool is not None:
            with self._spool_lock:
                self._spool.close()

    def _spooled(self, entries: Sequence[Entry]) -> bool:
        if self._spool is None:
            return False
        try:
            with self._spool_lock:
                self._spool.append(entries)
        except OSError:
            return False
        self.queue.settle()
        return True

    # --- logging --------------------------------------------------------------------------------------------------

    def _log_news(self) -> None:
        """Log one line a minute at most, and only if there is something new to say."""
        stats = self.stats()
        news = (stats.dropped, stats.rejected, stats.problem)
        if news == self._logged or self._clock() < self._news_at:
            return
        self._logged = news
        if stats.dropped or stats.rejected or stats.problem:
            self._news_at = self._clock() + NEWS_SECONDS
            logger.warning(
                "reporting to AgentSentinel: %d delivered, %d waiting, %d rejected, %d dropped%s",
                stats.delivered,
                stats.queued + stats.spooled,
                stats.rejected,
                stats.dropped,
                f"; {stats.problem}" if stats.problem else "",
            )

    def _complain(self, sentence: str) -> None:
        """Log what a person should look at, one line a minute at most."""
        if self._problem != sentence or self._clock() >= self._news_at:
            logger.warning("%s", sentence)
            self._news_at = self._clock() + NEWS_SECONDS
            self._logged = (self._logged[0], self._logged[1], self._problem)
