"""The MCP server that the conformance suite is run against: `upstream.py stdio`, or `upstream.py PORT` for HTTP.

It stands on the low level of the official SDK, so that what is sent is what is written here, and carries the tools,
prompts and resources that the suite asks for by name. What a scenario expects stands in the suite's description of it.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import mcp_types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventMessage, EventStore
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY

NAME = "conformance-upstream"
RETRY_MS = 100
"""How long a client waits before it resumes a stream that was closed in the middle of a call."""
PAUSE_SECONDS = 0.05

ABOUT = "Part of a conformance scenario."

Json = dict[str, Any]


def _object(required: Sequence[str] = (), **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _png() -> bytes:
    """Return an image of one red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _wav() -> bytes:
    """Return four samples of silence."""
    form = b"fmt " + (16).to_bytes(4, "little") + bytes([1, 0, 1, 0, 64, 31, 0, 0, 64, 31, 0, 0, 1, 0, 8, 0])
    body = b"WAVE" + form + b"data" + (4).to_bytes(4, "little") + b"\x80" * 4
    return b"RIFF" + len(body).to_bytes(4, "little") + body


IMAGE = {"type": "image", "data": base64.b64encode(_png()).decode(), "mimeType": "image/png"}
AUDIO = {"type": "audio", "data": base64.b64encode(_wav()).decode(), "mimeType": "audio/wav"}


def _embedded(uri: str, mime_type: str, text: str) -> Json:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": text}}


# --- tools with a fixed answer ----------------------------------------------------------------------------------------

FIXED: dict[str, list[Json]] = {
    "test_simple_text": [_text("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [AUDIO],
    "test_embedded_resource": [_embedded("test://embedded-resource", "text/plain", "An embedded resource.")],
    "test_multiple_content_types": [
        _text("Multiple content types test:"),
        IMAGE,
        _embedded("test://mixed-content-resource", "application/json", '{"test": "data", "value": 123}'),
    ],
    "json_schema_2020_12_tool": [_text("Its schema is what matters.")],
}

SCHEMA_2020_12: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}

# --- tools that ask the client while they run (before 2026-07-28) -----------------------------------------------------

STATES = ["active", "inactive", "pending"]
PRIORITIES = [("low", "Low"), ("medium", "Medium"), ("high", "High")]
FORMS: dict[str, Json] = {
    "test_elicitation": _object(["response"], response={"type": "string"}),
    "test_elicitation_sep1034_defaults": _object(
        name={"type": "string", "default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status={"type": "string", "enum": STATES, "default": "active"},
        verified={"type": "boolean", "default": True},
    ),
    "test_elicitation_sep1330_enums": _object(
        untitledSingle={"type": "string", "enum": STATES},
        titledSingle={"type": "string", "oneOf": [{"const": value, "title": title} for value, title in PRIORITIES]},
        legacyEnum={"type": "string", "enum": STATES, "enumNames": ["Active", "Inactive", "Pending"]},
        untitledMulti={"type": "array", "items": {"type": "string", "enum": STATES}},
        titledMulti={
            "type": "array",
            "items": {"anyOf": [{"const": value, "title": title} for value, title in PRIORITIES]},
        },
    ),
}


async def _ask_user(ctx: Any, params: Any) -> str:
    message = (params.arguments or {}).get("message", "Please fill this in")
    answer = await ctx.session.elicit_form(message, FORMS[params.name], ctx.request_id)
    return f"User response: action={answer.action}, content={json.dumps(answer.content or {})}"


async def _sample(ctx: Any, params: Any) -> str:
    question = mcp_types.SamplingMessage.model_validate({"role": "user", "content": _text(params.arguments["prompt"])})
    answer = await ctx.session.create_message([question], max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {answer.content.text}"


# --- tools and prompts that ask the client by their result (since 2026-07-28) -----------------------------------------


def _form(message: str, **properties: str) -> Json:
    schema = _object(list(properties), **{name: {"type": kind} for name, kind in properties.items()})
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def _question(text: str) -> Json:
    message = {"role": "user", "content": _text(text)}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 100}}


ROOTS: Json = {"method": "roots/list", "params": {}}
NEEDS = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}
"""Method -> the capability that a client declares if it answers it."""
ASKS_NAME = {"user_name": _form("What is your name?", name="string")}
CONFIRMS = {"confirm": _form("Please confirm", ok="boolean")}
ROUNDS: dict[str, list[dict[str, Json]]] = {
    "test_input_required_result_elicitation": [ASKS_NAME],
    "test_input_required_result_sampling": [{"capital_question": _question("What is the capital of France?")}],
    "test_input_required_result_list_roots": [{"client_roots": ROOTS}],
    "test_input_required_result_request_state": [CONFIRMS],
    "test_input_required_result_tampered_state": [CONFIRMS],
    "test_input_required_result_multiple_inputs": [
        {**ASKS_NAME, "greeting": _question("Say hello"), "client_roots": ROOTS}
    ],
    "test_input_required_result_multi_round": [
        {"step1": _form("Step 1: What is your name?", name="string")},
        {"step2": _form("Step 2: What is your favorite color?", color="string")},
    ],
    "test_input_required_result_capabilities": [{**ASKS_NAME, "greeting": _question("Say hello")}],
    "test_streaming_elicitation": [ASKS_NAME],
    "test_input_required_result_prompt": [
        {"user_context": _form("What context should the prompt use?", context="string")}
    ],
}
"""Tool or prompt -> what it asks, round by round."""


def _next_round(ctx: Any, params: Any) -> tuple[Json | None, str]:
    """Return the `input_required` result of the next round, or None and what the client has said when all are done.

    A retry without the state, which a client may leave out where there was none, answers the first round.
    """
    rounds = ROUNDS[params.name]
    state = json.loads(params.request_state) if params.request_state else {"round": 0, "said": {}}
    given = {
        name: value.model_dump(mode="json", by_alias=True) for name, value in (params.input_responses or {}).items()
    }
    if rounds[state["round"]].keys() <= given.keys():
        asked = rounds[state["round"]].keys()
        state = {"round": state["round"] + 1, "said": {**state["said"], **{name: given[name] for name in asked}}}
    if state["round"] == len(rounds):
        return None, f"{'state-ok: ' if params.request_state else ''}{json.dumps(state['said'])}"
    declared = ctx.session.client_capabilities
    asks = {
        name: ask
        for name, ask in rounds[state["round"]].items()
        if declared is not None and getattr(declared, NEEDS[ask["method"]]) is not None
    }
    return {"resultType": "input_required", "inputRequests": asks, "requestState": json.dumps(state)}, ""


# --- tools that do something ------------------------------------------------------------------------------------------


async def _log(ctx: Any, texts: Sequence[str]) -> None:
    for text in texts:
        await ctx.session.send_log_message("info", text, related_request_id=ctx.request_id)
        await anyio.sleep(PAUSE_SECONDS)


async def _log_three_times(ctx: Any, params: Any) -> str:
    await _log(ctx, ["Tool execution started", "Tool processing data", "Tool execution completed"])
    return "logged"


async def _report_progress(ctx: Any, params: Any) -> str:
    for done in (0, 50, 100):
        await ctx.session.report_progress(done, 100, f"Completed step {done} of 100")
        await anyio.sleep(PAUSE_SECONDS)
    return "done"


async def _fail(ctx: Any, params: Any) -> str:
    raise ValueError("This tool intentionally returns an error for testing")


async def _close_stream(ctx: Any, params: Any) -> str:
    """Close the stream of the call, and answer once its client has had the time to resume it."""
    if ctx.close_sse_stream is not None:
        await ctx.close_sse_stream()
    await anyio.sleep(2 * RETRY_MS / 1000)
    return "the answer after the stream was resumed"


async def _need_sampling(ctx: Any, params: Any) -> str:
    declared = ctx.session.client_capabilities
    if declared is None or declared.sampling is None:
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "this tool needs the client's sampling capability",
            {"requiredCapabilities": {"sampling": {}}},
        )
    return "the client has the capability"


async def _show_region(ctx: Any, params: Any) -> str:
    return f"region={(params.arguments or {}).get('region')}"


async def _change_tools(ctx: Any, params: Any) -> str:
    await BUS.publish(ToolsListChanged())
    return "said that the tools have changed"


async def _change_prompts(ctx: Any, params: Any) -> str:
    await BUS.publish(PromptsListChanged())
    return "said that the prompts have changed"


BUS = InMemorySubscriptionBus()
DOING: dict[str, Callable[[Any, Any], Awaitable[str]]] = {
    **dict.fromkeys(FORMS, _ask_user),
    "test_sampling": _sample,
    "test_tool_with_logging": _log_three_times,
    "test_logging_tool": _log_three_times,
    "test_tool_with_progress": _report_progress,
    "test_error_handling": _fail,
    "test_reconnection": _close_stream,
    "test_missing_capability": _need_sampling,
    "test_x_mcp_header": _show_region,
    "test_trigger_tool_change": _change_tools,
    "test_trigger_prompt_change": _change_prompts,
}
SCHEMAS: dict[str, Json] = {
    "json_schema_2020_12_tool": SCHEMA_2020_12,
    "test_elicitation": _object(["message"], message={"type": "string"}),
    "test_sampling": _object(["prompt"], prompt={"type": "string"}),
    "test_x_mcp_header": _object(region={"type": "string", "x-mcp-header": "Region"}),
}
TOOLS = [
    {
        "name": name,
        "description": ABOUT,
        "inputSchema": SCHEMAS.get(name, _object()),
    }
    for name in (*FIXED, *DOING, *ROUNDS)
    if name != "test_input_required_result_prompt"
]


async def list_tools(ctx: Any, params: Any) -> Json:
    """Answer `tools/list`."""
    return {"tools": TOOLS}


async def call_tool(ctx: Any, params: Any) -> Json:
    """Answer `tools/call`: a tool that fails is a result with `isError`, a protocol error stays one."""
    if params.name in FIXED:
        return {"content": FIXED[params.name]}
    if params.name in ROUNDS:
        result, said = _next_round(ctx, params)
        return result or {"content": [_text(said)]}
    if params.name not in DOING:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name}")
    try:
        return {"content": [_text(await DOING[params.name](ctx, params))]}
    except MCPError:
        raise
    except Exception as error:  # what a tool raises is its result
        return {"content": [_text(str(error))], "isError": True}


# --- resources --------------------------------------------------------------------------------------------------------

TEMPLATE = "test://template/{id}/data"
RESOURCES: dict[str, Json] = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": IMAGE["data"]},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Watched."},
}


async def list_resources(ctx: Any, params: Any) -> Json:
    """Answer `resources/list`."""
    return {"resources": [{"uri": uri, "name": uri, "mimeType": held["mimeType"]} for uri, held in RESOURCES.items()]}


async def list_templates(ctx: Any, params: Any) -> Json:
    """Answer `resources/templates/list`."""
    return {"resourceTemplates": [{"uriTemplate": TEMPLATE, "name": "template", "mimeType": "application/json"}]}


async def read_resource(ctx: Any, params: Any) -> Json:
    """Answer `resources/read`."""
    uri = str(params.uri)
    prefix, suffix = TEMPLATE.split("{id}")
    if uri.startswith(prefix) and uri.endswith(suffix):
        id_ = uri[len(prefix) : -len(suffix)]
        held = {"mimeType": "application/json", "text": json.dumps({"id": id_, "templateTest": True})}
    elif uri in RESOURCES:
        held = RESOURCES[uri]
    else:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": uri})
    return {"contents": [{"uri": uri, **held}]}


# --- prompts ----------------------------------------------------------------------------------------------------------


def _user(*contents: Json) -> Json:
    return {"messages": [{"role": "user", "content": content} for content in contents]}


PROMPTS: dict[str, tuple[list[str], Callable[[dict[str, str]], Json]]] = {
    "test_simple_prompt": ([], lambda _: _user(_text("This is a simple prompt for testing."))),
    "test_prompt_with_arguments": (
        ["arg1", "arg2"],
        lambda given: _user(_text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")),
    ),
    "test_prompt_with_embedded_resource": (
        ["resourceUri"],
        lambda given: _user(
            _embedded(given["resourceUri"], "text/plain", "An embedded resource."), _text("Please process it.")
        ),
    ),
    "test_prompt_with_image": ([], lambda _: _user(IMAGE, _text("Please analyze the image."))),
    "test_input_required_result_prompt": ([], lambda given: _user(_text(f"Use this context: {given['said']}"))),
}
"""Name -> its required arguments, and what makes its messages."""


async def list_prompts(ctx: Any, params: Any) -> Json:
    """Answer `prompts/list`."""
    return {
        "prompts": [
            {
                "name": name,
                "description": ABOUT,
                "arguments": [
                    {"name": argument, "description": "Any text.", "required": True} for argument in arguments
                ],
            }
            for name, (arguments, _) in PROMPTS.items()
        ]
    }


async def get_prompt(ctx: Any, params: Any) -> Json:
    """Answer `prompts/get`."""
    if params.name not in PROMPTS:
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name}")
    required, make = PROMPTS[params.name]
    given = dict(params.arguments or {})
    if params.name in ROUNDS:
        result, given["said"] = _next_round(ctx, params)
        if result is not None:
            return result
    missing = [name for name in required if name not in given]
    if missing:
        raise MCPError(INVALID_PARAMS, f"Missing arguments: {', '.join(missing)}")
    return make(given)


# --- the server -------------------------------------------------------------------------------------------------------


async def complete(ctx: Any, params: Any) -> Json:
    """Answer `completion/complete`: nothing is suggested."""
    return {"completion": {"values": [], "total": 0, "hasMore": False}}


async def accept(ctx: Any, params: Any) -> Json:
    """Answer a request that needs no result of its own."""
    return {}


class KeptEvents(EventStore):
    """Keeps all events of all streams in memory, so that a stream can be resumed; an event's id is its place."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        """Keep an event; returns its id."""
        self._events.append((stream_id, message))
        return str(len(self._events) - 1)

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
        """Send what came on the stream of an event after it; returns that stream."""
        if not last_event_id.isdigit() or int(last_event_id) >= len(self._events):
            return None
        last = int(last_event_id)
        stream_id = self._events[last][0]
        for place, (stream, message) in enumerate(self._events[last + 1 :], start=last + 1):
            if stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(place)))
        return stream_id


def _typed(handler: Callable[[Any, Any], Awaitable[Json]], result_type: Any) -> Callable[[Any, Any], Awaitable[Any]]:
    """Make the SDK complete what a handler returns with what each era of the protocol wants of a result."""

    async def handle(ctx: Any, params: Any) -> Any:
        result = await handler(ctx, params)
        is_question = result.get("resultType") == "input_required"
        return (mcp_types.InputRequiredResult if is_question else result_type).model_validate(result)

    return handle


def make_server() -> Any:
    """Return the server, without a transport."""
    server = Server(
        NAME,
        version="1.0.0",
        get_tool_input_schema=SCHEMAS.get,
        on_list_tools=_typed(list_tools, mcp_types.ListToolsResult),
        on_call_tool=_typed(call_tool, mcp_types.CallToolResult),
        on_list_resources=_typed(list_resources, mcp_types.ListResourcesResult),
        on_list_resource_templates=_typed(list_templates, mcp_types.ListResourceTemplatesResult),
        on_read_resource=_typed(read_resource, mcp_types.ReadResourceResult),
        on_subscribe_resource=accept,
        on_unsubscribe_resource=accept,
        on_subscriptions_listen=ListenHandler(BUS),
        on_list_prompts=_typed(list_prompts, mcp_types.ListPromptsResult),
        on_get_prompt=_typed(get_prompt, mcp_types.GetPromptResult),
        on_completion=_typed(complete, mcp_types.CompleteResult),
        on_set_logging_level=accept,
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return server


async def _serve_stdio() -> None:
    server = make_server()
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _serve_http(port: int) -> None:
    app = make_server().streamable_http_app(event_store=KeptEvents(), retry_interval=RETRY_MS)
    uvicorn.run(app, port=port, log_level="error")


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        anyio.run(_serve_stdio)
    else:
        _serve_http(int(sys.argv[1]))
