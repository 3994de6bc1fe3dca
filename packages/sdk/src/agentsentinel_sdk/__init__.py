"""AgentSentinel for Python: report what an AI agent does, and learn how far it can be trusted.

    from agentsentinel_sdk import Client, ToolCallEvent, hash_payload

    with Client(api_key) as sentinel:
        agent = sentinel.register_agent("invoice-agent", owner_team="finance")
        sentinel.add_grant(agent.id, "read_ledger")
        scored = sentinel.report(ToolCallEvent(agent.id, "read_ledger", hash_payload(asked), hash_payload(given)))

That waits for the server. `Reporter` does not: it reports in the background, and nothing is lost while the server is
away. `observe_tool` reports the calls of a function, `SentinelMiddleware` those of a Claude tool loop, and the packages
`agentsentinel-langchain` and its siblings those of a framework. `agentsentinel_sdk.testing` has a server to test
against.
"""

from agentsentinel_sdk._version import __version__
from agentsentinel_sdk._worker import ReporterStats
from agentsentinel_sdk.adapter import Monitor
from agentsentinel_sdk.async_client import AsyncClient
from agentsentinel_sdk.client import Client
from agentsentinel_sdk.errors import (
    ApiError,
    AuthenticationError,
    Conflict,
    ConnectionFailed,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PermissionDenied,
    ScoreUnavailable,
    SentinelError,
    Unavailable,
    UnexpectedAnswer,
)
from agentsentinel_sdk.hashing import canonical_json, hash_payload
from agentsentinel_sdk.identity import AgentIdentity, KnownAgent
from agentsentinel_sdk.middleware import EventSink, Messages, ModelClient, SentinelMiddleware, SentinelTool, Tool
from agentsentinel_sdk.models import (
    Agent,
    ApiKey,
    AuditEntry,
    Baseline,
    CallStatus,
    Finding,
    Health,
    KeyInfo,
    ManifestChange,
    MCPConnection,
    MCPManifest,
    Reason,
    Rejected,
    Score,
    Scored,
    ScorePoint,
    StoredEvent,
    ToolCallEvent,
    ToolGrant,
)
from agentsentinel_sdk.observe import observe_tool
from agentsentinel_sdk.recorder import ReportSink, ToolCallRecorder
from agentsentinel_sdk.reporter import Reporter

__all__ = [
    "Agent",
    "AgentIdentity",
    "ApiError",
    "ApiKey",
    "AsyncClient",
    "AuditEntry",
    "AuthenticationError",
    "Baseline",
    "CallStatus",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "EventSink",
    "Finding",
    "Health",
    "InvalidArgument",
    "InvalidRequest",
    "KeyInfo",
    "KnownAgent",
    "MCPConnection",
    "MCPManifest",
    "ManifestChange",
    "Messages",
    "ModelClient",
    "Monitor",
    "NotFound",
    "Overloaded",
    "PayloadTooLarge",
    "PermissionDenied",
    "Reason",
    "Rejected",
    "ReportSink",
    "Reporter",
    "ReporterStats",
    "Score",
    "ScorePoint",
    "ScoreUnavailable",
    "Scored",
    "SentinelError",
    "SentinelMiddleware",
    "SentinelTool",
    "StoredEvent",
    "Tool",
    "ToolCallEvent",
    "ToolCallRecorder",
    "ToolGrant",
    "Unavailable",
    "UnexpectedAnswer",
    "__version__",
    "canonical_json",
    "hash_payload",
    "observe_tool",
]
