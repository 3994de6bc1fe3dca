"""A JavaScript file passes the prefilter by each word of the catalogue, and not by chance."""

import pytest

from agentsentinel_cli.scan.catalog import agents, hosted, prefilter_javascript, servers
from agentsentinel_cli.scan.catalog.prefilter import Form


def example_of(form: Form) -> str:
    return form.example.strip()


GRANTING_IN_JAVASCRIPT = (
    Form("x.{}({{ tools }})\n", b"", tuple(agents.JAVASCRIPT_REQUESTS | agents.JAVASCRIPT_COMMON_AGENTS)),
    Form("x({{ tools: [y.{}()] }})\n", b"", tuple(hosted.JAVASCRIPT_HOSTED)),
    Form("s = new {}()\ns.set(ListToolsRequestSchema, f)\n", b"", tuple(servers.JAVASCRIPT_COMMON_SERVERS)),
)


@pytest.mark.parametrize("form", [*prefilter_javascript.FORMS, *GRANTING_IN_JAVASCRIPT], ids=example_of)
def test_every_word_for_javascript_passes(form: Form) -> None:
    uses = [form.example.format(word) for word in form.words]
    assert uses
    assert [use for use in uses if not prefilter_javascript.may_matter(use.encode())] == []


@pytest.mark.parametrize(
    "source",
    [
        "tool<Args>({})",
        "const tools = [a];",
        "const ourTools: Tool[] = [a];",
        "class A extends StructuredTool {}",
        "{ type: 'function' }",
        "server.setRequestHandler(ListToolsRequestSchema, f)",
        "new McpServer({})",
        "new MyAgent({})",
    ],
)
def test_what_can_begin_a_tool_passes(source: str) -> None:
    assert prefilter_javascript.may_matter(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "",
        "export const add = (a, b) => a + b;",
        "navigator.userAgent.includes('x')",
        "import { Tooltip } from './tooltip';",
        "const f = function () { return agent; };",
        "if (tools == other) {}",
    ],
)
def test_what_only_speaks_of_tools_is_spared_the_parser(source: str) -> None:
    assert not prefilter_javascript.may_matter(source.encode())
