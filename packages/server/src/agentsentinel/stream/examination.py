"""What the state of the stream is, for `agentsentinel doctor`."""

from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agentsentinel.stream.event_stream import KEY, UNREACHABLE, connect
from agentsentinel.stream.scoring_group import DEAD_KEY, GROUP

OLDEST_REDIS = (7, 0)
"""The first Redis that knows how far a group lags behind."""


class StreamUnavailable(Exception):
    """Redis cannot be reached or refuses; the message says why, without the address."""


class StreamState(NamedTuple):
    """What Redis says of itself and of the stream."""

    server: str
    """Name and version, such as `Valkey 9.1.2`."""
    is_too_old: bool
    has_group: bool
    """Whether a worker has ever read the stream."""
    lag: int | None
    """Entries that no worker has read; None where that is unknown."""
    put_aside: int
    """Entries that could not be read."""


async def examine_stream(url: str) -> StreamState:
    """Ask Redis. Raises StreamUnavailable."""
    redis = connect(url)
    try:
        info: Any = await redis.info("server")
        name, version = (
            ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
        )
        group = await _group(redis)
        return StreamState(
            f"{name} {version}",
            tuple(int(part) for part in str(version).split(".")[:2]) < OLDEST_REDIS,
            group is not None,
            group["lag"] if group is not None else None,
            int(await redis.xlen(DEAD_KEY)),
        )
    except UNREACHABLE as error:
        raise StreamUnavailable(f"{type(error).__name__}: {error}") from None
    finally:
        await redis.aclose()


async def _group(redis: Redis) -> dict[str, Any] | None:
    """Return what Redis knows of the workers' group."""
    try:
        groups: Any = await redis.xinfo_groups(KEY)
    except ResponseError:  # there is no stream yet
        return None
    return next((group for group in groups if group["name"] == GROUP.encode()), None)
