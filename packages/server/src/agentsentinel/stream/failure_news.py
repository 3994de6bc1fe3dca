"""Refused credentials of each address, shared by all servers, so that more servers do not allow more guesses.

Servers tell one another through a channel of Redis how often each address failed; nothing is stored. While Redis is
away, each server counts what it sees itself.
"""

import asyncio
import secrets
from collections import Counter
from typing import Any

import msgspec
import structlog

from agentsentinel.auth.failed_attempts import FailedAttempts
from agentsentinel.kit.tasks import is_cancelled, keep_going
from agentsentinel.stream.event_stream import RETRY_SECONDS, UNREACHABLE, connect, log_failure

log = structlog.get_logger(__name__)

CHANNEL = "failed_attempts"
GATHER_SECONDS = 0.1
MOST_NETWORKS = 1_000
"""Networks in one message; a flood from more of them at once is counted where it arrives."""
MOST_BYTES = 128 * 1024


class _Message(msgspec.Struct):
    origin: str
    failures: dict[str, int]


_decoder = msgspec.json.Decoder(_Message)


class FailureNews:
    """Publishes the failures that this server sees, and counts those of the others."""

    def __init__(self, url: str, failed_attempts: FailedAttempts) -> None:
        self._redis = connect(url)
        self._origin = secrets.token_hex(8)
        self._failed_attempts = failed_attempts
        self._fresh: Counter[str] = Counter()
        self._has_fresh = asyncio.Event()
        failed_attempts.on_failure = self.note

    def note(self, network: str) -> None:
        """Queue one failure of a network; never blocks."""
        if network in self._fresh or len(self._fresh) < MOST_NETWORKS:
            self._fresh[network] += 1
            self._has_fresh.set()

    async def run(self) -> None:
        """Publish and listen until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_going(self._publish_all, self._note_unavailable))
                tasks.create_task(keep_going(self._listen, self._note_unavailable))
        finally:
            await self._redis.aclose()

    async def _publish_all(self) -> None:
        while not is_cancelled():
            await self._has_fresh.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._has_fresh.clear()
            # What cannot be told now is dropped: later it would be old news.
            fresh, self._fresh = self._fresh, Counter()
            await self._redis.publish(CHANNEL, msgspec.json.encode(_Message(self._origin, dict(fresh))))

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            while not is_cancelled():
                message: Any = await channel.get_message(timeout=1.0)
                if message is not None:
                    self._take(message["data"])

    def _note_unavailable(self, error: BaseException) -> float:
        if not isinstance(error, UNREACHABLE):  # that Redis is away is said by the event stream
            log_failure("failure_news_unavailable", error)
        return RETRY_SECONDS

    def _take(self, data: bytes) -> None:
        if len(data) > MOST_BYTES:
            return
        try:
            message = _decoder.decode(data)
        except msgspec.MsgspecError as error:
            log.warning("failure_news_unreadable", reason=str(error)[:300])
            return
        if message.origin != self._origin:
            for network, failures in message.failures.items():
                self._failed_attempts.fold(network, failures)
