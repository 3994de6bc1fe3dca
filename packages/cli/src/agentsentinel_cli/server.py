"""The AgentSentinel server that the environment names, as the verbs ask it that read and decide there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from agentsentinel_sdk import Client, InvalidArgument, SentinelError
from agentsentinel_sdk.client import DEFAULT_BASE_URL
from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE


class CannotAsk(Exception):
    """The server cannot be asked, or has no answer; the message says what to do."""


@contextmanager
def server_of_environment() -> Iterator[Client]:
    """Yield a client of the server that the environment names. Raises CannotAsk, also for errors of the server."""
    key = os.environ.get(API_KEY_VARIABLE, "")
    if not key:
        raise CannotAsk(f"no API key: set {API_KEY_VARIABLE}; a key of scope readonly is enough")
    url = os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
    try:
        with Client(key, url) as client:
            yield client
    except InvalidArgument as error:
        raise CannotAsk(str(error)) from None
    except SentinelError as error:
        raise CannotAsk(f"the server at {url} refuses, or cannot be reached: {error}") from None


def ids_of(client: Client, agent_name: str) -> Iterator[str]:
    """Yield the ids of all agents with exactly this name; the server's own filter is wider."""
    offset = 0
    while page := client.list_agents(name=agent_name, offset=offset):
        yield from (agent.id for agent in page if agent.name == agent_name)
        offset += len(page)
