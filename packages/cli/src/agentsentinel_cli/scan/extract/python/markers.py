"""Which files are worth parsing, told from their bytes.

One regular expression holds every word that can begin a tool or an agent; a file without any of them is not parsed. It
is generous: a needless parse costs a millisecond, a missed marker costs a tool.
"""

import re

# Each alternative begins with one letter, so that the search can skip over all others.
_MARKERS = re.compile(
    rb"@\s*[\w.\[\]]*(?:tool|Tool|kernel_function|sk_function|register_for|ai_function|ai_callable|\.action)"
    rb"|tool\w*\s*[(\[,)]|Tool\w*\s*[(\[,)]"
    rb"|tools['\"]?\s*(?::[^=\n]{1,60})?(?:=(?!=)|:|\.append|\.extend|\+=)"
    rb"|TOOLS?\w*\s*(?::[^=\n]{1,60})?="
    rb"|functions['\"]?\s*(?::[^=\n]{1,60})?(?:=(?!=)|:|\.append|\.extend|\+=)"
    rb"|FUNCTIONS?\w*\s*(?::[^=\n]{1,60})?="
    rb"|input_?[sS]chema|Input_?[sS]chema|\"function\"|'function'"
    rb"|function_map|function_declarations|FunctionDeclaration|FunctionSchema"
    rb"|Agent\w*\s*[(,)]|_agent\w*\s*\(|Crew\s*\(|Assistant\w*\s*\("
    rb"|FastMCP\w*\s*\(|MCPServer\w*\s*\(|McpServer\w*\s*\(|MCPClient\s*\(|MultiServerMCPClient|StdioServerParam|Server\s*\("
    rb"|code_execution_config|code_executor|register_function|add_function|parameters['\"]\s*:\s*\{"
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
