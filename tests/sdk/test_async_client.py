"""The client for coroutines: the same methods with the same parameters, and the same errors."""

import asyncio
import inspect

import httpx2
import pytest

from agentsentinel_sdk import AsyncClient, Client, ConnectionFailed, InvalidArgument, Overloaded
from agentsentinel_sdk.testing import FakeSentinel


def signatures(client: type) -> dict[str, list[tuple[object, ...]]]:
    """Return name, kind, default and type of each parameter, and what is returned, by public method."""
    found = {}
    for name, value in vars(client).items():
        if inspect.isfunction(value) and not name.startswith("_"):
            signature = inspect.signature(value)
            parameters = [(p.name, p.kind, p.default, p.annotation) for p in signature.parameters.values()]
            returned = signature.return_annotation.removeprefix("Async")  # an iterator is of the other kind
            found[name] = [*parameters, (returned,)]
    return found


def test_both_clients_have_the_same_methods_with_the_same_signatures() -> None:
    blocking = signatures(Client)
    del blocking["post_batch"]  # for the reporter, which is a thread
    assert signatures(AsyncClient) == blocking


def test_both_clients_are_made_with_the_same_arguments_but_for_the_transport() -> None:
    def arguments(client: type) -> list[tuple[object, ...]]:
        parameters = list(inspect.signature(client).parameters.values())
        return [(p.name, p.kind, p.default) for p in parameters]

    assert arguments(AsyncClient) == arguments(Client)


def test_coroutines_get_the_same_errors() -> None:
    sentinel = FakeSentinel()

    async def go() -> None:
        async with AsyncClient(sentinel.api_key, "http://s.test", transport=sentinel.transport, timeout=0.5) as client:
            sentinel.answer_next(429, headers={"Retry-After": "60"})
            with pytest.raises(Overloaded):
                await client.whoami()
            sentinel.fail_next(httpx2.ConnectError("refused"), times=9)
            with pytest.raises(ConnectionFailed):
                await client.whoami()
        with pytest.raises(InvalidArgument, match="closed"):
            await client.whoami()
        with pytest.raises(InvalidArgument):
            AsyncClient("", "http://s.test")

    asyncio.run(go())


def test_a_server_that_hangs_costs_a_coroutine_its_timeout_and_no_more() -> None:
    from sdk.test_reporter import hanging_server

    async def go(url: str) -> float:
        started = asyncio.get_running_loop().time()
        async with AsyncClient("as_adm_1", url, timeout=0.3) as client:
            with pytest.raises(ConnectionFailed, match="timed out"):
                await client.whoami()
        return asyncio.get_running_loop().time() - started

    with hanging_server() as url:
        assert asyncio.run(go(url)) < 1.0
