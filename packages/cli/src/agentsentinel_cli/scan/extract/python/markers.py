"""Which files are worth parsing, told from their bytes.

Each pattern finds words that can begin a tool or an agent; a file without any of them is not parsed. They are generous:
a missed marker costs a tool. What they find is looked at once more, with what stands around it.

Each begins with a few fixed bytes, what precedes those is looked back at, and repetitions are bounded: Python searches
for fixed bytes ten times faster than for a choice of words, and "tooltooltool..." costs no square.
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
"""Patterns, and how many bytes before its first each word begins."""


def may_matter(data: bytes) -> bool:
    """Whether this Python file or notebook may define a tool or build an agent."""
    return may_begin(data, _places(data))


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each marker begins and ends."""
    for pattern, before in _MARKERS:
        for match in pattern.finditer(data):
            yield match.start() - before, match.end()
