"""Which files are worth parsing, told from their bytes.

One regular expression holds every word that can begin a tool or an agent; a file without any of them is not parsed. It
is generous: a needless parse costs a millisecond, a missed marker costs a tool.
"""

import re

# Each alternative begins with one letter, so that the search can skip over all others, and each repetition is bounded,
# so that "tooltooltool..." costs no square.
_MARKERS = re.compile(
    rb"@\s{0,20}[\w.\[\]]{0,80}(?:tool|Tool|kernel_function|sk_function|register_for|ai_function|ai_callable|\.action)"
    rb"|tool\w{0,40}\s{0,20}[(\[,)]|Tool\w{0,40}\s{0,20}[(\[,)]"
    rb"|tools['\"]?\s{0,20}(?::[^=\n]{1,60})?(?:=(?!=)|:|\.append|\.extend|\+=)"
    rb"|TOOLS?\w{0,40}\s{0,20}(?::[^=\n]{1,60})?="
    rb"|functions['\"]?\s{0,20}(?::[^=\n]{1,60})?(?:=(?!=)|:|\.append|\.extend|\+=)"
    rb"|FUNCTIONS?\w{0,40}\s{0,20}(?::[^=\n]{1,60})?="
    rb"|input_?[sS]chema|Input_?[sS]chema|\"function\"|'function'"
    rb"|function_map|function_declarations|FunctionDeclaration|FunctionSchema"
    # An agent that is given nothing says nothing: what it is given is named, or stands in a list.
    rb"|gent\w{0,40}\s{0,20}\([^()]{0,200}\[|ssistant\w{0,40}\s{0,20}\([^()]{0,200}\["
    rb"|mcp_servers|toolsets|handoffs|plugins\s{0,20}=|code_execution|code_interpreter"
    rb"|FastMCP\w{0,40}\s{0,20}\(|MCPServer\w{0,40}\s{0,20}\(|McpServer\w{0,40}\s{0,20}\(|MCPClient\s{0,20}\("
    rb"|MultiServerMCPClient|StdioServerParam|Server\s{0,20}\("
    rb"|code_executor|register_function|add_function|parameters['\"]\s{0,20}:\s{0,20}\{"
)
_HINTS = (
    b"ool",
    b"gent",
    b"unction",
    b"FUNCTION",
    b"TOOL",
    b"nput",
    b"ssistant",
    b"mcp",
    b"handoffs",
    b"plugins",
    b"code_",
    b"MCP",
    b"Mcp",
    b"Server",
    b"execut",
    b"param",
)
"""Pieces of which every marker holds one: finding none costs a tenth of the expression."""


def may_matter(data: bytes) -> bool:
    """Whether this Python file or notebook may define a tool or build an agent."""
    return any(hint in data for hint in _HINTS) and _MARKERS.search(data) is not None
