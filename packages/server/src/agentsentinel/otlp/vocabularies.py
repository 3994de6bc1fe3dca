"""What instrumentations call the parts of a tool call: the table to add a row to for another one.

A vocabulary is known by its mark; the parts are then looked for under the names of that vocabulary first, and under
those of the others after it, since many instrumentations mix several. `docs/otlp.md` has the same table.
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class Envelope:
    """What some instrumentations wrap around an input or output: known by its members, unwrapped along a path."""

    members: frozenset[str]
    path: Sequence[str]


GEN_AI = Vocabulary(
    "OpenTelemetry GenAI",
    "AutoGen, Google ADK, Strands, the Anthropic SDK, PydanticAI with `Instrumentation()`",
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
    inputs=("input.value", "tool.parameters"),
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
    sessions=("traceloop.association.properties.session_id",),
)
LANGSMITH = Vocabulary(
    "LangSmith",
    "LangSmith's OpenTelemetry exporter (`LANGSMITH_OTEL_ENABLED`)",
    ("langsmith.span.kind", "tool"),
    names=("gen_ai.tool.name", "langsmith.trace.name"),
    call_ids=("gen_ai.tool.call.id",),
    inputs=("gen_ai.prompt",),
    outputs=("gen_ai.completion",),
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
    "`experimental_telemetry`",
    ("ai.operationId", "ai.toolcall"),
    names=("ai.toolCall.name",),
    call_ids=("ai.toolCall.id",),
    inputs=("ai.toolCall.args",),
    outputs=("ai.toolCall.result",),
)
VOCABULARIES: Sequence[Vocabulary] = (GEN_AI, PYDANTIC_AI, OPENINFERENCE, OPENLLMETRY, LANGSMITH, LANGFUSE, VERCEL)

ENVELOPES: Sequence[Envelope] = (
    # OpenLLMetry's LangChain callback: its metadata differ from run to run and from step to step.
    Envelope(frozenset({"input_str", "tags", "metadata", "inputs", "kwargs"}), ("inputs",)),
    Envelope(frozenset({"output", "kwargs"}), ("output",)),
    # LangChain's serialized message, inside of that.
    Envelope(frozenset({"lc", "type", "id", "kwargs"}), ("kwargs", "content")),
)

HINTS = ("gen_ai.tool.name", "gen_ai.tool.call.id", "tool.name", "ai.toolCall.name", "mcp.tool.name")
"""Attributes that only a tool span has. One with them and without any mark is of a vocabulary that is not here yet."""


def _ordered(part: str) -> Mapping[str, Sequence[str]]:
    """By vocabulary, the names of a part: its own, then those of the others."""
    every = [(vocabulary.name, getattr(vocabulary, part)) for vocabulary in VOCABULARIES]
    return {own: tuple(dict.fromkeys(chain(names, *(others for _, others in every)))) for own, names in every}


NAMES = _ordered("names")
CALL_IDS = _ordered("call_ids")
INPUTS = _ordered("inputs")
OUTPUTS = _ordered("outputs")
SESSIONS = _ordered("sessions")
