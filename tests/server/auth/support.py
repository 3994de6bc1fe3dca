"""Requests without a server, and a database that is not to be asked."""

from typing import Any

from starlette.types import Scope

from agentsentinel.auth.failed_attempts import (
    FailedAttempts,
)

NOWHERE = "postgresql+asyncpg://user@127.0.0.1:1/none"


# --- a slip costs no look-up


def request_from(address: str) -> Scope:
    return {"type": "http", "client": (address, 1), "headers": []}


# --- what is known is not asked about, and what is refused is not kept without bound


class Untouchable(FailedAttempts):
    """A counter of failed attempts that fails the test when it is used."""

    def __init__(self) -> None:
        super().__init__(1, [])

    async def attempt(self, *_: Any) -> Any:
        raise AssertionError("asked")

    def address(self, _: Scope) -> str:
        raise AssertionError("asked")
