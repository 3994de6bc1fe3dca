"""Classes of tools that a person has corrected, as grants keep them."""

from collections.abc import Mapping
from typing import Any

from agentsentinel_core.tools.capability import Capability, ToolScope
from agentsentinel_core.tools.classify import ToolClass, corrected


def known_class(tool_name: str, correction: Mapping[str, Any] | None) -> ToolClass | None:
    """Return the class of a tool by the correction that its grant keeps; None without one."""
    if correction is None:
        return None
    return corrected(
        tool_name,
        scope=ToolScope(correction["scope"]),
        is_dangerous=correction["is_dangerous"],
        capabilities=[Capability(name) for name in correction["capabilities"]],
        reason=f"corrected by {correction['by']}: {correction['reason']}",
    )
