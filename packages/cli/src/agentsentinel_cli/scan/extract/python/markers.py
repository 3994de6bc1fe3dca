"""Which files are worth parsing, told from their bytes.

One regular expression holds every word that can begin a tool or an agent; a file without any of them is not parsed. It
is generous: a needless parse costs a millisecond, a missed marker costs a tool.
"""

import re

_MARKERS = re.compile(
    rb"@\s*[\w.\[\]]*(?:tool|Tool|kernel_function|sk_function|register_for|ai_function|ai_callable|\.action)"
    rb"|[tT]ool\w*\s*[(\[,)]"
    rb"|\b_?(?:[a-z]\w*_)?(?:tools|functions|TOOLS|FUNCTIONS)['\"]?\s*(?::[^=\n]{1,60})?(?:=(?!=)|:|\.append|\.extend|\+=)"
    rb"|[iI]nput_?[sS]chema|['\"]function['\"]|function_map|function_declarations|FunctionDeclaration"
    rb"|Agent\w*\s*\(|[a-z]_agent\w*\s*\(|Crew\s*\(|Assistant\w*\s*\(|Agent\w*\s*[,)\]]\s*:"
    rb"|\b(?:FastMCP|MCPServer|McpServer|MCPClient|MultiServerMCPClient|StdioServerParam\w*|Server)\w*\s*\("
    rb"|code_execution_config|code_executor|bind_functions|register_function|add_function"
    rb"|(?:messages|completions|responses)\s*\.\s*(?:create|parse|stream)\s*\("
)


def may_matter(data: bytes) -> bool:
    """Whether this Python file or notebook may define a tool or build an agent."""
    return _MARKERS.search(data) is not None
