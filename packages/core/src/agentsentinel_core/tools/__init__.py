"""Classification of tools by name and other evidence: what a tool can do, and why the classifier says so."""

from agentsentinel_core.tools.capability import Capability, ToolCategory, ToolScope
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_core.tools.purpose import is_read_only_purpose

__all__ = ["Capability", "ToolCategory", "ToolClass", "ToolScope", "classify", "is_read_only_purpose"]
