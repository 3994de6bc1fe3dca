"""First stage of the prefilter: finds markers of tools and agents in the bytes of a Python file.

Each pattern matches words that can begin a tool or an agent; a file without any marker is not parsed. The patterns are
generous, because a missed marker loses a tool; `second_look` then checks each marker with the text around it.

Each pattern begins with a few fixed bytes, checks what precedes them by look-behind, and bounds its repetitions: Python
searches for fixed bytes ten times faster than for alternatives, and "tooltooltool..." does not take quadratic time.
"""

import re
from collections.abc import Iterator

from agentsentinel_cli.scan.extract.python.second_look import may_begin

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
            rb"class \w{1,80}\([^)]{0,120}(?:Tool|ToolBase|BaseTool\w{0,20}|ToolSpec|Toolkit|Agent)\s{0,20}[\[,)]"
        ),
        0,
    ),
    (
        re.compile(
            rb"@[\w.\[\]]{0,80}(?:tool(?![sz])|Tool|kernel_function|sk_function|register_for|ai_function|ai_callable"
            rb"|\.action)"
        ),
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


def may_matter(data: bytes) -> bool:
    """Tell whether a Python file or notebook may define a tool or build an agent."""
    return may_begin(data, _places(data))


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and end offset of each marker."""
    for pattern, before in _MARKERS:
        for match in pattern.finditer(data):
            yield match.start() - before, match.end()
