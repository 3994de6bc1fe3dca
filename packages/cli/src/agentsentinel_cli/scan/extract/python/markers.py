"""Which files are worth parsing, told from their bytes.

One regular expression holds every word that can begin a tool or an agent; a file without any of them is not parsed. It
is generous: a needless parse costs a millisecond, a missed marker costs a tool.
"""

import re

# Each alternative begins with one letter, so that the search can skip over all others, and each repetition is bounded,
# so that "tooltooltool..." costs no square.
_MARKERS = re.compile(
    rb"@[\w.\[\]]{0,80}(?:tool(?![sz])|Tool|kernel_function|sk_function|register_for|ai_function|ai_callable|\.action)"
    rb"|class \w{1,80}\([^)]{0,120}(?:Tool|ToolBase|BaseTool\w{0,20}|ToolSpec|Toolkit|Agent)\s{0,20}[\[,)]"
    rb"|tools?\s{0,20}\(|Tool\s{0,20}[(\[]|Tool\.\w{1,40}\(|Tool(?:Param|Definition|Spec|Schema|set|Node)\("
    rb"|tools['\"]\s{0,20}:|tools\s{0,20}(?::[^=\n]{1,60})?\+?=(?!=)|tools\.(?:append|extend)"
    rb"|functions['\"]\s{0,20}:|functions\s{0,20}(?::[^=\n]{1,60})?\+?=\s{0,20}(?:\[|\w{0,40}functions|[A-Z_]{2})"
    rb"|functions\.(?:append|extend)|function_map|function_declarations|FunctionDeclaration|FunctionSchema|FunctionDefinition"
    rb"|input_?[sS]chema['\"]?\s{0,20}[:=]|\"type\"\s{0,20}:\s{0,20}\"function\"|'type'\s{0,20}:\s{0,20}'function'"
    rb"|parameters['\"]\s{0,20}:\s{0,20}\{|add_function\s{0,20}\(|register_function\s{0,20}\("
    rb"|Agent\s{0,20}\(|Agent(?:Executor|Workflow|Runner|Options)\w{0,20}[.(]|create_\w{0,40}agent\w{0,40}\s{0,20}\("
    rb"|initialize_agent\s{0,20}\(|Crew\s{0,20}\(|Assistant\s{0,20}\(|code_execution_config|code_executor\s{0,20}="
    rb"|FastMCP\w{0,40}\s{0,20}\(|MCPServer\w{0,40}\s{0,20}\(|McpServer\s{0,20}\(|MCPClient\s{0,20}\("
    rb"|MultiServerMCPClient|StdioServerParam|Server\s{0,20}\("
)
_HINTS = (
    b"ool",
    b"gent",
    b"unction",
    b"FUNCTION",
    b"TOOL",
    b"nput",
    b"Crew",
    b"ssistant",
    b"MCP",
    b"Mcp",
    b"Server",
    b"execut",
)
"""Pieces of which every marker holds one: finding none costs a tenth of the expression."""


def may_matter(data: bytes) -> bool:
    """Whether this Python file or notebook may define a tool or build an agent."""
    return any(hint in data for hint in _HINTS) and _MARKERS.search(data) is not None
