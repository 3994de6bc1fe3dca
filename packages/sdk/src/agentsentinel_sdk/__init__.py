"""AgentSentinel for Python: report what an AI agent does, and learn how far it can be trusted.

    from agentsentinel_sdk import Client, ToolCallEvent, hash_payload

    with Client(api_key) as sentinel:
        agent = sentinel.register_agent("invoice-agent", owner_team="finance")
        sentinel.add_grant(agent.id, "read_ledger")
        scored = sentinel.report(ToolCallEvent(agent.id, "read_ledger", hash_payload(asked), hash_payload(given)))

`SentinelMiddleware` does this for a Claude tool loop; `agentsentinel_sdk.testing` has a server to test against.
"""

from agentsentinel_sdk._version import __version__
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
    SentinelError,
    Unavailable,
    UnexpectedAnswer,
)
from agentsentinel_sdk.hashing import canonical_json, hash_payload
from agentsentinel_sdk.middleware import EventSink, Messages, ModelClient, SentinelMiddleware, SentinelTool, Tool
from agentsentinel_sdk.models import (
    Agent,
    CallStatus,
    Finding,
    Health,
    KeyInfo,
    MCPConnection,
    Reason,
    Rejected,
    Score,
    Scored,
    ToolCallEvent,
    ToolGrant,
)

__all__ = [
    "Agent",
    "ApiError",
    "AuthenticationError",
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
    "MCPConnection",
    "Messages",
    "ModelClient",
    "NotFound",
    "Overloaded",
    "PayloadTooLarge",
    "PermissionDenied",
    "Reason",
    "Rejected",
    "Score",
    "Scored",
    "SentinelError",
    "SentinelMiddleware",
    "SentinelTool",
    "Tool",
    "ToolCallEvent",
    "ToolGrant",
    "Unavailable",
    "UnexpectedAnswer",
    "__version__",
    "canonical_json",
    "hash_payload",
]
