"""All posture rules. What stands here runs on the server and on the command line, and is documented everywhere."""

from typing import Literal

from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.posture.rules.code_execution_grant import CodeExecutionGrant
from agentsentinel_core.posture.rules.credential_scope_mismatch import CredentialScopeMismatch
from agentsentinel_core.posture.rules.exfiltration_path import ExfiltrationPath
from agentsentinel_core.posture.rules.insecure_mcp_connection import InsecureMCPConnection
from agentsentinel_core.posture.rules.lateral_movement_path import LateralMovementPath
from agentsentinel_core.posture.rules.mcp_over_connection import MCPOverConnection
from agentsentinel_core.posture.rules.missing_rate_limit import MissingRateLimit
from agentsentinel_core.posture.rules.privilege_excess import PrivilegeExcess
from agentsentinel_core.posture.rules.prompt_injection_vector import PromptInjectionVector
from agentsentinel_core.posture.rules.secrets_access_grant import SecretsAccessGrant
from agentsentinel_core.posture.rules.tool_sprawl import ToolSprawl
from agentsentinel_core.posture.rules.unbounded_file_access import UnboundedFileAccess
from agentsentinel_core.posture.rules.unused_dangerous_grant import UnusedDangerousGrant

CORE_RULES: tuple[Rule, ...] = (
    ExfiltrationPath(),
    PrivilegeExcess(),
    UnusedDangerousGrant(),
    MCPOverConnection(),
    CredentialScopeMismatch(),
    MissingRateLimit(),
)
"""The six of the specification, with which its sample scores hold."""

RULES: tuple[Rule, ...] = (
    *CORE_RULES,
    CodeExecutionGrant(),
    SecretsAccessGrant(),
    PromptInjectionVector(),
    LateralMovementPath(),
    UnboundedFileAccess(),
    InsecureMCPConnection(),
    ToolSprawl(),
)

_BY_ID = {known.id: known for known in RULES}


def ruleset(name: Literal["all", "core"]) -> tuple[Rule, ...]:
    """The rules a setting names. Raises ValueError for any other name."""
    if name == "all":
        return RULES
    if name == "core":
        return CORE_RULES
    msg = f"unknown ruleset {name!r}; use 'all' or 'core'"
    raise ValueError(msg)


def rule(rule_id: str) -> Rule:
    """The rule with this id. Raises KeyError, with the known ids, when there is none."""
    try:
        return _BY_ID[rule_id]
    except KeyError:
        msg = f"unknown rule {rule_id!r}; known are {', '.join(sorted(_BY_ID))}"
        raise KeyError(msg) from None
