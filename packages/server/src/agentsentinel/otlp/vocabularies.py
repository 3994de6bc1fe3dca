"""Attribute names that instrumentations use for the parts of a tool call; a new instrumentation gets a row here.

A vocabulary is recognized by its mark. The parts are then looked up under the names of that vocabulary first, and under
those of the others after it, since many instrumentations mix several. `docs/otlp.md` has the same table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

MARK_BY_NAME = "running tool"
"""Name of PydanticAI's tool spans up to instrumentation version 2, which have no `gen_ai.operation.name`."""


@dataclass(frozen=True)
class Vocabulary:
    """The attribute names of one instrumentation. Each part may have several, the preferred one first."""

    name: str
    sent_by: str
    mark: tuple[str, str] | None
    """Attribute of every tool span, with its value in lower case; None if the span's name is the mark."""
    names: Sequence[str] = ()
    call_ids: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    sessions: Sequence[str] = ()
    is_shared: bool = True
    """Whether its names are also looked up in spans of other vocabularies; False for generic words such as `name`."""


@dataclass(frozen=True)
class Envelope:
    """Wrapper that an instrumentation puts around an input or output: recognized by its members, unwrapped by path."""

    members: frozenset[str]
    path: Sequence[str]
    empty: Sequence[str] = ()
    """Members that must be empty, since unwrapping would lose them."""
    only_in: Collection[str] | None = None
    """Names of the vocabularies that use it; None if its members are specific enough."""


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
"""All vocabularies. OpenTelemetry's own comes last: others carry its mark beside theirs, and prefer their own names."""

INPUT_ENVELOPES: Sequence[Envelope] = (
    # OpenLLMetry's LangChain callback: its metadata differs between runs and steps.
    Envelope(frozenset({"input_str", "tags", "metadata", "inputs", "kwargs"}), ("inputs",)),
    Envelope(frozenset({"tags", "metadata", "inputs", "kwargs"}), ("inputs",)),  # of the node around the tool
    # The decorators of OpenLLMetry and Langfuse, around a Python function.
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
    # LangSmith, around every value that is not an object; empty if the call has failed.
    Envelope(frozenset({"output"}), ("output",), only_in=(LANGSMITH.name,)),
    Envelope(frozenset(), ("output",), only_in=(LANGSMITH.name,)),
)

NO_SUCH_TOOL: Sequence[str] = (
    "Unknown tool: {name}",  # Strands
    "Unknown tool name: '{name}'",  # PydanticAI before 1.86
)
"""Status messages of spans for a tool that does not exist but that the model asked for."""

HINTS = ("gen_ai.tool.name", "gen_ai.tool.call.id", "tool.name", "ai.toolCall.name", "mcp.tool.name")
"""Attributes that only tool spans have. A span with one of them but without any mark uses an unknown vocabulary."""


def _ordered(part: str) -> Mapping[str, Sequence[str]]:
    """Map each vocabulary to the names of a part: its own, then the shared names of the others."""
    shared = [getattr(vocabulary, part) for vocabulary in VOCABULARIES if vocabulary.is_shared]
    return {own.name: tuple(dict.fromkeys(chain(getattr(own, part), *shared))) for own in VOCABULARIES}


NAMES = _ordered("names")
CALL_IDS = _ordered("call_ids")
INPUTS = _ordered("inputs")
OUTPUTS = _ordered("outputs")
SESSIONS = _ordered("sessions")
