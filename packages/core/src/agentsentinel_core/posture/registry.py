"""All posture rules, and the selections that the server, the scanners and the reader of clients' files run.

The server evaluates grants, usage and pinned manifests, `sentinel scan` source, `sentinel mcp scan` the manifest of an
MCP server, and the reader configuration files. They select different rules, but each rule is the same everywhere.
"""

from typing import Literal

from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.posture.rules.agent_silent import AgentSilent
from agentsentinel_core.posture.rules.broad_filesystem_root import BroadFilesystemRoot
from agentsentinel_core.posture.rules.client_bypass_permissions import ClientBypassPermissions
from agentsentinel_core.posture.rules.client_secret_in_config import ClientSecretInConfig
from agentsentinel_core.posture.rules.code_execution_grant import CodeExecutionGrant
from agentsentinel_core.posture.rules.credential_scope_mismatch import CredentialScopeMismatch
from agentsentinel_core.posture.rules.dangerous_grants import DangerousGrants
from agentsentinel_core.posture.rules.exfiltration_path import ExfiltrationPath
from agentsentinel_core.posture.rules.hardcoded_credentials import HardcodedCredentials
from agentsentinel_core.posture.rules.hidden_text import HiddenText
from agentsentinel_core.posture.rules.hook_injection import HookInjection
from agentsentinel_core.posture.rules.insecure_mcp_connection import InsecureMCPConnection
from agentsentinel_core.posture.rules.lateral_movement_path import LateralMovementPath
from agentsentinel_core.posture.rules.mcp_no_auth import MCPNoAuth
from agentsentinel_core.posture.rules.mcp_over_connection import MCPOverConnection
from agentsentinel_core.posture.rules.message_smuggling import MessageSmuggling
from agentsentinel_core.posture.rules.misleading_annotation import MisleadingAnnotation
from agentsentinel_core.posture.rules.missing_rate_limit import MissingRateLimit
from agentsentinel_core.posture.rules.privilege_excess import PrivilegeExcess
from agentsentinel_core.posture.rules.prompt_injection_vector import PromptInjectionVector
from agentsentinel_core.posture.rules.secrets_access_grant import SecretsAccessGrant
from agentsentinel_core.posture.rules.session_anomaly import SessionAnomaly
from agentsentinel_core.posture.rules.tool_definition_changed import ToolDefinitionChanged
from agentsentinel_core.posture.rules.tool_name_flood import ToolNameFlood
from agentsentinel_core.posture.rules.tool_poisoning import ToolPoisoning
from agentsentinel_core.posture.rules.tool_sprawl import CATEGORIES_IN_SOURCE, MOST_TOOLS_IN_SOURCE, ToolSprawl
from agentsentinel_core.posture.rules.unbounded_file_access import UnboundedFileAccess
from agentsentinel_core.posture.rules.unbounded_input import UnboundedInput
from agentsentinel_core.posture.rules.undescribed_write_agent import UndescribedWriteAgent
from agentsentinel_core.posture.rules.ungranted_tool_call import UngrantedToolCall
from agentsentinel_core.posture.rules.unpinned_package import UnpinnedPackage
from agentsentinel_core.posture.rules.unsafe_tool_definition import UnsafeToolDefinition
from agentsentinel_core.posture.rules.unused_dangerous_grant import UnusedDangerousGrant
from agentsentinel_core.posture.rules.vague_tool_description import VagueToolDescription

CORE_RULES: tuple[Rule, ...] = (
    ExfiltrationPath(),
    PrivilegeExcess(),
    UnusedDangerousGrant(),
    MCPOverConnection(),
    CredentialScopeMismatch(),
    MissingRateLimit(),
)
"""The six rules of the specification, which produce its sample scores."""

RULES: tuple[Rule, ...] = (
    *CORE_RULES,
    CodeExecutionGrant(),
    SecretsAccessGrant(),
    PromptInjectionVector(),
    LateralMovementPath(),
    UnboundedFileAccess(),
    InsecureMCPConnection(),
    ToolSprawl(),
    ToolNameFlood(),
    MessageSmuggling(),
    ToolPoisoning(),
    ToolDefinitionChanged(),
    MisleadingAnnotation(),
    UnsafeToolDefinition(),
    UngrantedToolCall(),
    SessionAnomaly(),
    AgentSilent(),
)
"""Rules that the server runs by default."""

_SOURCE_RULES: tuple[Rule, ...] = (
    HardcodedCredentials(),
    DangerousGrants(),
    UndescribedWriteAgent(),
)
"""Rules that only source gives evidence for."""

_MANIFEST_RULES: tuple[Rule, ...] = (
    MCPNoAuth(),
    UnboundedInput(),
    VagueToolDescription(),
)
"""Rules that only `sentinel mcp scan` runs."""

_CLIENT_RULES: tuple[Rule, ...] = (
    ClientSecretInConfig(),
    ClientBypassPermissions(),
    HookInjection(),
    HiddenText(),
    BroadFilesystemRoot(),
    UnpinnedPackage(),
)

CATALOGUE: tuple[Rule, ...] = (*RULES, *_SOURCE_RULES, *_MANIFEST_RULES, *_CLIENT_RULES)
"""Every rule, each once."""

SCAN_RULES: tuple[Rule, ...] = (
    ExfiltrationPath(),
    CodeExecutionGrant(),
    HardcodedCredentials(),
    ToolPoisoning(),
    DangerousGrants(),
    UndescribedWriteAgent(),
    PrivilegeExcess(),
    PromptInjectionVector(),
    LateralMovementPath(),
    SecretsAccessGrant(),
    UnboundedFileAccess(),
    InsecureMCPConnection(),
    ToolSprawl(MOST_TOOLS_IN_SOURCE, CATEGORIES_IN_SOURCE),
    MissingRateLimit(),
)
"""Rules that `sentinel scan` runs: the ten of the specification, and four more that source provides evidence for."""

TOOL_SCAN_RULES: tuple[Rule, ...] = (
    CodeExecutionGrant(),
    HardcodedCredentials(),
    ToolPoisoning(),
    DangerousGrants(),
    SecretsAccessGrant(),
)
"""Rules that `sentinel scan` runs on the tools of a file that no agent is seen to hold: those about a tool by itself.

What tools can do together, what the agent is for, and how often it calls are questions about an agent.
"""

MCP_SCAN_RULES: tuple[Rule, ...] = (
    ExfiltrationPath(),
    CodeExecutionGrant(),
    ToolPoisoning(),
    SecretsAccessGrant(),
    InsecureMCPConnection(),
    MCPNoAuth(),
    ToolDefinitionChanged(),
    UnboundedInput(),
    MisleadingAnnotation(),
    UnsafeToolDefinition(),
    VagueToolDescription(),
)
"""Rules that `sentinel mcp scan` runs on one server: what its tools can do together, and what its manifest says."""

CLIENT_RULES: tuple[Rule, ...] = (*_CLIENT_RULES, InsecureMCPConnection())
"""Rules about the configuration files of AI clients."""

_BY_ID = {known.id: known for known in CATALOGUE}


def ruleset(name: Literal["all", "core"]) -> tuple[Rule, ...]:
    """Return the rules of a named set, "all" or "core". Raises ValueError for any other name."""
    if name == "all":
        return RULES
    if name == "core":
        return CORE_RULES
    msg = f"unknown ruleset {name!r}; use 'all' or 'core'"
    raise ValueError(msg)


def rule(rule_id: str) -> Rule:
    """Return the rule with an id. Raises KeyError, with the known ids, when there is none."""
    try:
        return _BY_ID[rule_id]
    except KeyError:
        msg = f"unknown rule {rule_id!r}; known are {', '.join(sorted(_BY_ID))}"
        raise KeyError(msg) from None
