"""Prefilter on bytes for Python files: a file that can hold neither a tool nor an agent is not parsed.

The patterns below match families of words, such as everything that ends in `Tool`, and are generous, because a missed
marker loses a tool; `marker_context` then checks each marker with the text around it. Words of the catalogue that no
family lets pass are searched for as well, so entering a row is enough to have its tools found.

Each pattern begins with a few fixed bytes, checks what precedes them by look-behind, and bounds its repetitions: Python
searches for fixed bytes ten times faster than for alternatives, and "tooltooltool..." does not take quadratic time.
"""

import re
from collections.abc import Iterator
from functools import cache

from agentsentinel_cli.scan.catalog import agents, servers, tools
from agentsentinel_cli.scan.catalog.marker_context import is_mentioned_only, may_begin
from agentsentinel_cli.scan.catalog.prefilter import Form, Search, any_of, searches

_MARKERS = (
    (
        re.compile(
            rb"ool(?:(?<=tool)(?:s?\s{0,20}\(|s['\"]\s{0,20}:|s\s{0,20}(?::[^=\n]{1,60})?\+?=(?!=)|s\.(?:append|extend))"
            rb"|(?<=Tool)(?:\s{0,20}[(\[]|\.\w{1,40}\(|(?:Param|Definition|Spec|Schema|set|Node)\())"
        ),
        1,
    ),
    (
        re.compile(
            rb"class \w{1,80}\([^)]{0,120}(?:Tool|ToolBase|BaseTool\w{0,20}|ToolSpec|Toolkit|Agent|\b(?:%b))"
            rb"\s{0,20}[\[,)]" % any_of(tools.PYTHON_BASES)
        ),
        0,
    ),
    (
        re.compile(rb"@[\w.\[\]]{0,80}(?:tool(?![sz])|Tool|\.action|\b(?:%b)\b)" % any_of(tools.PYTHON_DECORATORS)),
        0,
    ),
    (
        re.compile(
            rb"gent(?:(?<=Agent)(?:\s{0,20}[(\[]|(?:Executor|Workflow|Runner|Options)\w{0,20}[.(])"
            rb"|(?<=agent)\w{0,40}\s{0,20}\()"
        ),
        1,
    ),
    (
        re.compile(
            rb"unction(?:s['\"]\s{0,20}:|s\s{0,20}(?::[^=\n]{1,60})?\+?=\s{0,20}(?:\[|\w{0,40}functions|[A-Z_]{2})"
            rb"|s\.(?:append|extend)|_map|_declarations|(?<=Function)(?:Declaration|Schema|Definition)"
            rb"|(?<=[\"']function)[\"']|(?:(?<=add_function)|(?<=register_function))\s{0,20}\("
            rb"|(?<=Function)(?<!\wFunction)(?:\.from_\w{1,20})?\s{0,20}\()"
        ),
        1,
    ),
    (re.compile(rb"chema(?:(?<=input_[sS]chema)|(?<=input[sS]chema))['\"]?\s{0,20}[:=]"), 0),
    (re.compile(rb"parameters['\"]\s{0,20}:\s{0,20}\{"), 0),
    (re.compile(rb"code_exec(?:ution_config|utor\s{0,20}=)"), 0),
    (re.compile(rb"Crew\s{0,20}\("), 0),
    (re.compile(rb"ssistant(?<=Assistant)\s{0,20}\("), 1),
    (
        re.compile(
            rb"M(?:CPServer\w{0,40}\s{0,20}\(|cpServer\s{0,20}\(|CPClient\s{0,20}\(|ultiServerMCPClient"
            rb"|CP(?<=FastMCP)\w{0,40}\s{0,20}\()"
        ),
        0,
    ),
    (
        re.compile(
            rb"S(?:erver(?<!\wServer)\s{0,20}\(|tdioServerParam|[sS][eE]\w{1,30}\(|treamableH[tT]{2}[pP]\w{1,30}\()"
        ),
        0,
    ),
    (re.compile(rb"sdk_mcp_server\s{0,20}\("), 0),
    (re.compile(rb"_client(?:(?<=sse_client)|(?<=http_client))\s{0,20}\("), 0),
)
"""Pairs of a pattern and the number of bytes by which the word begins before the match."""

FORMS = (
    Form("@{}\n", rb"@(?:[\w.\[\]]{0,80}\.)?(?:%b)\b", tuple(tools.PYTHON_DECORATORS)),
    Form("class C({}):\n", rb"class \w{1,80}\([^)]{0,120}\b(?:%b)\s{0,20}[\[,)]", tuple(tools.PYTHON_BASES)),
    Form("x = y({}=[z])\n", rb"\b(?:%b)\s{0,20}=\s{0,20}[\[({]", tuple(agents.PYTHON_GRANTING_KEYWORDS)),
    Form(
        "x = Traced.{}(fn=y)\n",
        rb"\.(?:%b)\s{0,20}\([^()]{0,200}\b(?:" + any_of(tools.PYTHON_FUNCTION_KEYWORDS) + rb")\s{0,10}=",
        tuple(tools.PYTHON_CLASS_METHODS),
    ),
    Form(
        "x = {}(y)\n",
        rb"\b(?:%b)\s{0,20}\(",
        (
            *(tools.PYTHON_CALLS - tools.PYTHON_CLASS_METHODS),
            *tools.PYTHON_FUNCTION_FIRST_CLASSES,
            *tools.PYTHON_COMPONENTS,
            *tools.PYTHON_SCHEMA_CLASSES,
            *agents.PYTHON_AGENTS,
            *servers.PYTHON_SERVERS,
            *servers.PYTHON_GENERATED_SERVERS,
            *servers.PYTHON_BY_COMMAND,
            *servers.PYTHON_BY_URL,
            *servers.PYTHON_BY_TABLE,
            servers.PYTHON_HOSTED_CONNECTION,
        ),
    ),
)
"""Forms in which one word of the catalogue is enough to begin a tool, an agent or a connection."""


def may_matter(data: bytes) -> bool:
    """Tell whether a Python file or notebook may define a tool or build an agent."""
    return _holds_family(data) or any(_uses(search, data) for search in _searches())


def _holds_family(data: bytes) -> bool:
    return may_begin(data, _places(data))


@cache
def _searches() -> tuple[Search, ...]:
    return searches(FORMS, _holds_family)


def _uses(search: Search, data: bytes) -> bool:
    return any(not is_mentioned_only(data, match.start(), match.end()) for match in search.matches(data))


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and end offset of each marker of a family."""
    for pattern, before in _MARKERS:
        for match in pattern.finditer(data):
            yield match.start() - before, match.end()
