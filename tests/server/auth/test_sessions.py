"""Tokens of sessions that cannot be one are not looked up."""

import asyncio

import pytest

from agentsentinel.auth.sessions import Sessions
from agentsentinel.errors import Unauthenticated
from agentsentinel.kit.database import Database
from server.auth.support import NOWHERE, Untouchable, request_from
from server.support import SECRET


def test_a_token_of_another_length_is_no_session_and_is_not_looked_up() -> None:
    async def ask() -> None:
        sessions = Sessions(Database(NOWHERE), SECRET.encode(), Untouchable())
        with pytest.raises(Unauthenticated):
            await sessions.authenticate(b"x" * 5000, request_from("192.0.2.1"))

    asyncio.run(ask())
