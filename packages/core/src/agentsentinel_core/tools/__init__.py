"""Reading a tool's name: which words it has, what they say the tool can do, and why."""

from agentsentinel_core.tools.capability import Capability, ToolCategory, ToolScope
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_core.tools.purpose import is_read_only_purpose

__all__ = ["Capability", "ToolCategory", "ToolClass", "ToolScope", "classify", "is_read_only_purpose"]
