"""What instrumentations call the parts of a tool call: the table to add a row to for another one.

A vocabulary is known by its mark; the parts are then looked for under the names of that vocabulary first, and under
those of the others after it, since many instrumentations mix several. `docs/otlp.md` has the same table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

MARK_BY_NAME = "running tool"
"""The name of PydanticAI's tool spans up to instrumentation version 2, which have no operation."""


@dataclass(frozen=True)
class Vocabulary:
    """One instrumentation's names. Each part may have several, the most telling first."""

    name: str
    sent_by: str
    mark: tuple[str, str] | None
    """The attribute, and its value in lower case, of every tool span; None where the span's name is the mark."""
    names: Sequence[str] = ()
    call_ids: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    sessions: Sequence[str] = ()
    is_shared: bool = True
    """Whether spans of other vocabularies may use its names; not where they are words that say anything."""


@dataclass(frozen=True)
class Envelope:
    """What some instrumentations wrap around an input or output: known by its members, unwrapped along a path."""

    members: frozenset[str]
    path: Sequence[str]
    empty: Sequence[str] = ()
    """Members that must hold nothing, since unwrapping would lose them."""
    only_in: Collection[str] | None = None
    """The vocabularies that have it; None where its members are telling enough."""


GEN_AI = Vocabulary(
    "OpenTelemetry GenAI",
    "AutoGen, Google ADK, Strands, the Anthropic SDK, PydanticAI with `Instrumentation()`, OpenTelemetry's own"
    " instrumentations of LangChain and OpenAI Agents, the Vercel AI SDK 7",
    ("gen_ai.operation.name", "execute_tool"),
    names=("gen_ai.tool.name",),
    call_ids=("gen_ai.tool.call.id",),
    inputs=("gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args"),
    outputs=("gen_ai.tool.call.result", "gcp.vertex.agent.tool_response", "anthropic.tool_result.content"),
    sessions=("gen_ai.conversation.id",),
)
PYDANTIC_AI = Vocabulary(
    "PydanticAI, instrumentation up to version 2",
    "PydanticAI before 1.86, and `InstrumentationSettings(version=2)`; Logfire",
    None,
    names=("gen_ai.tool.name",),
    call_ids=("gen_ai.tool.call.id",),
    inputs=("tool_arguments",),
    outputs=("tool_response",),
)
OPENINFERENCE = Vocabulary(
    "OpenInference",
    "its instrumentors, such as those of LangChain, LlamaIndex, CrewAI, OpenAI Agents; Phoenix",
    ("openinference.span.kind", "tool"),
    names=("tool.name",),
    call_ids=("tool_call.id", "tool.id"),
    inputs=("input.value",),
    outputs=("output.value",),
    sessions=("session.id",),
)
OPENLLMETRY = Vocabulary(
    "OpenLLMetry",
    "Traceloop's instrumentations",
    ("traceloop.span.kind", "tool"),
    names=("traceloop.entity.name",),
    inputs=("traceloop.entity.input",),
    outputs=("traceloop.entity.output",),
    sessions=("traceloop.association.properties.session_id", "traceloop.association.properties.thread_id"),
)
LANGSMITH = Vocabulary(
    "LangSmith",
    "LangSmith's OpenTelemetry exporter (`LANGSMITH_OTEL_ENABLED`)",
    ("langsmith.span.kind", "tool"),
    names=("gen_ai.tool.name", "langsmith.trace.name"),
    call_ids=("gen_ai.tool.call.id",),
    inputs=("gen_ai.prompt",),
    outputs=("gen_ai.completion",),
    sessions=("langsmith.metadata.session_id", "langsmith.metadata.thread_id", "langsmith.metadata.conversation_id"),
)
LANGFUSE = Vocabulary(
    "Langfuse",
    "Langfuse's SDK, observations of type tool",
    ("langfuse.observation.type", "tool"),
    inputs=("langfuse.observation.input",),
    outputs=("langfuse.observation.output",),
    sessions=("session.id",),
)
VERCEL = Vocabulary(
    "Vercel AI SDK",
    "the AI SDK up to 6 with `experimental_telemetry`, and 7 with `LegacyOpenTelemetry`",
    ("ai.operationId", "ai.toolcall"),
    names=("ai.toolCall.name",),
    call_ids=("ai.toolCall.id",),
    inputs=("ai.toolCall.args",),
    outputs=("ai.toolCall.result",),
    sessions=("ai.telemetry.metadata.sessionId", "ai.settings.context.sessionId"),
)
LOGFIRE = Vocabulary(
    "Logfire",
    "`logfire.instrument_openai_agents()`",
    ("logfire.msg_template", "function: {name}"),
    names=("name",),
    inputs=("input",),
    outputs=("output",),
    is_shared=False,
)
VOCABULARIES: Sequence[Vocabulary] = (
    PYDANTIC_AI,
    OPENINFERENCE,
    OPENLLMETRY,
    LANGSMITH,
    LANGFUSE,
    VERCEL,
    LOGFIRE,
    GEN_AI,
)
"""OpenTelemetry's own comes last: others carry its mark beside their own, and mean their own names first."""

INPUT_ENVELOPES: Sequence[Envelope] = (
    # OpenLLMetry's LangChain callback: its metadata differ from run to run and from step to step.
    Envelope(frozenset({"input_str", "tags", "metadata", "inputs", "kwargs"}), ("inputs",)),
    Envelope(frozenset({"tags", "metadata", "inputs", "kwargs"}), ("inputs",)),  # of the node around the tool
    # Their decorators, around a Python function.
    Envelope(frozenset({"args", "kwargs"}), ("kwargs",), empty=("args",), only_in=(OPENLLMETRY.name, LANGFUSE.name)),
    # OpenLLMetry's client of MCP.
    Envelope(frozenset({"tool_name", "arguments"}), ("arguments",), only_in=(OPENLLMETRY.name,)),
)
OUTPUT_ENVELOPES: Sequence[Envelope] = (
    # OpenLLMetry's LangChain callback, and LangChain's serialized message inside of it.
    Envelope(frozenset({"output", "kwargs"}), ("output",)),
    Envelope(frozenset({"lc", "type", "id", "kwargs"}), ("kwargs",)),
    # OpenLLMetry's client of MCP.
    Envelope(frozenset({"result"}), ("result",), only_in=(OPENLLMETRY.name,)),
    Envelope(frozenset({"result", "is_error"}), ("result",), only_in=(OPENLLMETRY.name,)),
    # LangSmith, around everything that is not an object; without anything in it where a call has failed.
    Envelope(frozenset({"output"}), ("output",), only_in=(LANGSMITH.name,)),
    Envelope(frozenset(), ("output",), only_in=(LANGSMITH.name,)),
)

NO_SUCH_TOOL: Sequence[str] = (
    "Unknown tool: {name}",  # Strands
    "Unknown tool name: '{name}'",  # PydanticAI before 1.86
)
"""What the message of a status says where the model asked for a tool that does not exist."""

HINTS = ("gen_ai.tool.name", "gen_ai.tool.call.id", "tool.name", "ai.toolCall.name", "mcp.tool.name")
"""Attributes that only a tool span has. One with them and without any mark is of a vocabulary that is not here yet."""


def _ordered(part: str) -> Mapping[str, Sequence[str]]:
    """By vocabulary, the names of a part: its own, then those of the others."""
    shared = [getattr(vocabulary, part) for vocabulary in VOCABULARIES if vocabulary.is_shared]
    return {own.name: tuple(dict.fromkeys(chain(getattr(own, part), *shared))) for own in VOCABULARIES}


NAMES = _ordered("names")
CALL_IDS = _ordered("call_ids")
INPUTS = _ordered("inputs")
OUTPUTS = _ordered("outputs")
SESSIONS = _ordered("sessions")
