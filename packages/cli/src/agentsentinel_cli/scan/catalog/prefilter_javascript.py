"""Prefilter on bytes for JavaScript and TypeScript: a file that can hold neither a tool nor an agent is not parsed.

One regular expression matches families of words that can begin a tool, a server or an agent. It is generous: an
unnecessary parse takes milliseconds, a missed marker loses a tool. Words of the catalogue that it does not let pass are
searched for by themselves, so entering a row is enough to have its tools found.
"""

import re
from functools import cache

from agentsentinel_cli.scan.catalog import agents, servers, tools
from agentsentinel_cli.scan.catalog.prefilter import Form, Search, searches

_MARKERS = re.compile(
    rb"[tT]ool\s*(?:<[^<>()]{0,200}>\s*)?\(|Tools?\w*\s*(?:<[^<>()]{0,200}>\s*)?\(\s*[{\[]"
    rb"|\b(?:tools|allowedTools|allowed_tools)['\"]?\s*(?:[:=](?!=)|\.push|,|\})|(?:Tools?|TOOLS?|tool_?[dD]efinitions|TOOL_\w*)\s*(?::[^=\n]{1,80})?="
    rb"|input_?[sS]chema|InputSchema|paramsSchema|functionDeclarations|function_declarations|bindTools|ListTools|tools/list"
    rb"|type['\"]?\s*:\s*[\"'`]function[\"'`]|extends\s+(?:\w+\.)?\w*Tool|@(?:Mcp)?Tool\b|@CreateAction\b|zod(?:Responses)?Function"
    rb"|Agent\w*\s*(?:<[^<>()]{0,200}>\s*)?\(|M[cC]pServer|FastMCP|MCPServer|M[cC][pP]Client|ClientTransport"
    rb"|use(?:CopilotAction|HumanInTheLoop|Component)\s*(?:<[^<>()]{0,200}>\s*)?\(|\bAction\s*=\s*\{"
    rb"|permissionMode['\"]?\s*:"
    rb"|(?:Functions?|FUNCTIONS)\s*(?::[^=\n]{1,80})?=\s*[\[{]|functions\s*:\s*\["
)
_HINTS = (
    b"ool", b"TOOL", b"gent", b"unction", b"nput", b"Mcp", b"MCP", b"Transport", b"FUNCTIONS", b"Action",
    b"useHuman", b"useComponent", b"permissionMode",
)  # fmt: skip
"""Substrings of which every marker contains one; searching them takes a tenth of the time of the expression."""


_CALL = rb"\b(?:%b)\s*(?:<[^<>()]{0,200}>\s*)?\("
FORMS = (
    Form("@{}()\n", rb"@(?:%b)\b", tuple(tools.JAVASCRIPT_DECORATORS)),
    Form("class C extends {} {{\n", rb"extends\s+(?:\w+\.)?(?:%b)\b", tuple(tools.JAVASCRIPT_BASES)),
    Form("x.{}('y', z)\n", _CALL, tools.JAVASCRIPT_REGISTERING_METHODS),
    Form(
        "const x = {}(y)\n",
        _CALL,
        (*tools.JAVASCRIPT_FACTORIES, *agents.JAVASCRIPT_AGENTS, *servers.JAVASCRIPT_SERVERS,
         *servers.JAVASCRIPT_CONNECTIONS, *servers.JAVASCRIPT_BY_TABLE),
    ),
)  # fmt: skip
"""Forms in which one word of the catalogue is enough to begin a tool, an agent or a connection."""


def may_matter(data: bytes) -> bool:
    """Tell whether a JavaScript or TypeScript file may define a tool or build an agent or server."""
    if not any(hint in data for hint in _hints()):
        return False
    return _MARKERS.search(data) is not None or any(True for search in _searches() for _ in search.matches(data))


def _holds_family(data: bytes) -> bool:
    return any(hint in data for hint in _HINTS) and _MARKERS.search(data) is not None


@cache
def _hints() -> tuple[bytes, ...]:
    """Return _HINTS, and the words of the searches that contain none of them."""
    words = (word for search in _searches() for word in search.hints)
    return (*_HINTS, *(word for word in words if not any(hint in word for hint in _HINTS)))


@cache
def _searches() -> tuple[Search, ...]:
    return searches(FORMS, _holds_family)
