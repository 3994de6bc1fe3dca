"""The Anthropic adapter against the real SDK, over a transport that speaks from a script."""

import asyncio
import functools
import json
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anthropic
import contract
import httpx2
import pytest
from anthropic import beta_async_tool, beta_tool
from contract import (
    Call,
    Contract,
    async_search_crm,
    call,
    fail,
    flaky,
    hang,
    run_as_printed,
    search_crm,
    send_email,
    stop,
)
from traced import counted_once, spans_alone

from agentsentinel_anthropic import SentinelTools
from agentsentinel_sdk import Monitor, hash_payload
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform


def scripted(turns: list[list[Call]]) -> Callable[[httpx2.Request], httpx2.Response]:
    script = list(turns)

    def answer(_: httpx2.Request) -> httpx2.Response:
        calls = script.pop(0) if script else []
        content: list[dict[str, Any]] = [
            {"type": "tool_use", "id": one.id, "name": one.tool, "input": one.arguments} for one in calls
        ]
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-4-7",
            "content": content or [{"type": "text", "text": "done"}],
            "stop_reason": "tool_use" if calls else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        return httpx2.Response(200, json=message)

    return answer


REQUEST: dict[str, Any] = {
    "model": "claude-opus-4-7",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "go"}],
}


class TestToolRunner(Contract):
    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelTools(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelTools)
        transport = httpx2.MockTransport(scripted(turns))
        if mode == "sync":
            client = anthropic.Anthropic(api_key="x", http_client=anthropic.DefaultHttpxClient(transport=transport))
            tools = monitor.watch(
                [beta_tool(search_crm), beta_tool(send_email), beta_tool(fail), beta_tool(flaky), beta_tool(stop)]
            )
            runner = client.beta.messages.tool_runner(tools=tools, **REQUEST)
            return str(monitor.follow(runner).until_done().content[0].text)

        async def go() -> str:
            http = anthropic.DefaultAsyncHttpxClient(transport=transport)
            client = anthropic.AsyncAnthropic(api_key="x", http_client=http)

            async def search_crm(query: str) -> str:
                """Find a customer."""
                return await async_search_crm(query)

            async def send_email(to: str) -> str:
                """Send an e-mail."""
                return f"sent to {to}"

            async def fail(reason: str) -> str:
                """Fail."""
                raise ValueError(reason)

            async def flaky(query: str) -> str:
                """Find a customer."""
                return contract.flaky(query)

            async def stop(query: str) -> str:
                """Stop the program."""
                raise KeyboardInterrupt

            functions = (search_crm, send_email, fail, flaky, stop, hang)
            tools = monitor.watch([beta_async_tool(function) for function in functions])
            runner = client.beta.messages.tool_runner(tools=tools, **REQUEST)
            return str((await monitor.follow(runner).until_done()).content[0].text)

        return asyncio.run(go())


class TestLoop(Contract):
    """A loop written by hand."""

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelTools(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelTools)
        transport = httpx2.MockTransport(scripted(turns))
        client = anthropic.Anthropic(api_key="x", http_client=anthropic.DefaultHttpxClient(transport=transport))
        functions = {
            "search_crm": search_crm,
            "send_email": send_email,
            "fail": fail,
            "flaky": flaky,
            "stop": stop,
            "hang": hang,
        }
        messages: list[Any] = list(REQUEST["messages"])
        while True:
            reply = client.messages.create(**{**REQUEST, "messages": messages})
            blocks = [block for block in reply.content if block.type == "tool_use"]
            if not blocks:
                return str(reply.content[0].text)  # type: ignore[union-attr]
            if mode == "sync":
                results = [monitor.answer(block, functions) for block in blocks]
            else:
                functions["search_crm"] = async_search_crm  # type: ignore[assignment]
                results = [asyncio.run(monitor.aanswer(block, functions)) for block in blocks]
            json.dumps(results)
            messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]


def client_of(turns: list[list[Call]]) -> anthropic.Anthropic:
    transport = httpx2.MockTransport(scripted(turns))
    return anthropic.Anthropic(api_key="x", http_client=anthropic.DefaultHttpxClient(transport=transport))


def test_without_following_the_runner_calls_are_reported_without_their_id(platform: Platform) -> None:
    sentinel = SentinelTools(platform.admin_key, platform.url, f"ant-{uuid.uuid4().hex}")
    tools = sentinel.watch([beta_tool(search_crm)])
    client = client_of([[call("search_crm", query="Acme")]])
    client.beta.messages.tool_runner(tools=tools, **REQUEST).until_done()
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert (event["tool_name"], event["status"], event["tool_call_id"]) == ("search_crm", "ok", None)


def test_an_answer_that_is_asked_for_twice_is_reported_once(platform: Platform) -> None:
    sentinel = SentinelTools(platform.admin_key, platform.url, f"ant-{uuid.uuid4().hex}")
    client = client_of([[call("search_crm", query="Acme"), call("made_up", query="x")]])
    runner = client.beta.messages.tool_runner(tools=sentinel.watch([beta_tool(search_crm)]), **REQUEST)
    for _ in sentinel.follow(runner):
        assert runner.generate_tool_call_response() is runner.generate_tool_call_response()
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    assert sorted(event["tool_name"] for event in events) == ["made_up", "search_crm"]


async def fetch(query: str) -> str:
    await asyncio.sleep(0.02)
    if query == "bad":
        raise ValueError("of the tool")
    return f"r:{query}"


class AsyncCallable:
    async def __call__(self, query: str) -> str:
        return await fetch(query)


@pytest.mark.parametrize(
    "function", [fetch, lambda query: fetch(str(query)), AsyncCallable(), functools.partial(fetch)]
)
def test_an_awaitable_of_any_function_is_awaited(function: Any) -> None:
    sentinel = FakeSentinel()
    tools = SentinelTools(reporter=sentinel.reporter())

    async def go() -> list[dict[str, Any]]:
        blocks = [tool_use("fetch", query=query) for query in ("ok", "bad")]
        return [await tools.aanswer(block, {"fetch": function}) for block in blocks]

    answers = asyncio.run(go())
    assert tools.flush(10)
    assert [(answer["content"], answer.get("is_error")) for answer in answers] == [
        ("r:ok", None),
        ("ValueError('of the tool')", True),
    ]
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("fetch", "ok"), ("fetch", "error")]
    assert sentinel.events[0]["output_hash"] == hash_payload("r:ok")


def test_a_loop_that_cannot_await_says_so_to_the_model() -> None:
    sentinel = FakeSentinel()
    tools = SentinelTools(reporter=sentinel.reporter())
    answer = tools.answer(tool_use("fetch", query="ok"), {"fetch": fetch})
    assert tools.flush(10)
    assert answer["is_error"]
    assert "use aanswer" in answer["content"]
    assert [event["status"] for event in sentinel.events] == ["error"]


def test_content_blocks_are_handed_on_and_other_lists_are_json() -> None:
    tools = SentinelTools(reporter=FakeSentinel().reporter())
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    block = tool_use("draw")
    assert tools.answer(block, {"draw": lambda: [image]})["content"] == [image]
    assert tools.answer(block, {"draw": lambda: [{"type": "invoice"}]})["content"] == '[{"type": "invoice"}]'
    tools.close()


def test_tools_that_are_watched_twice_are_reported_once() -> None:
    sentinel = FakeSentinel()
    tools = SentinelTools(reporter=sentinel.reporter())
    (watched,) = tools.watch(tools.watch([beta_tool(search_crm)]))
    watched.call({"query": "Acme"})
    assert tools.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("search_crm", "ok")]


def tool_use(name: str, **arguments: Any) -> Any:
    return SimpleNamespace(type="tool_use", id="t1", name=name, input=arguments)


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = run_as_printed(
        "anthropic",
        platform,
        monkeypatch,
        client=client_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]),
        search_crm=beta_tool(search_crm),
        send_email=beta_tool(send_email),
        request=REQUEST,
    )
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def test_the_spans_of_the_framework_itself_tell_the_same(platform: Platform) -> None:
    spans_alone(TestToolRunner(), platform)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform) -> None:
    counted_once(TestToolRunner(), platform)
