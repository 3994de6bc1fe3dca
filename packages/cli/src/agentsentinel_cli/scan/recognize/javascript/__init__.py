"""Extractor of facts from TypeScript and JavaScript files.

Bytes are parsed to a tree and read into a symbol table with name resolution (`syntax.javascript`). Then each
recogniser, in its own file, adds the tools of one form to the collector, and `agents` finds who may call them. Broken
code still gives the facts of the parts that can be parsed.
"""

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.javascript.agents import description_of_file, find_agents, model_of_file
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector
from agentsentinel_cli.scan.recognize.javascript.constructed import find_constructed
from agentsentinel_cli.scan.recognize.javascript.described import find_described
from agentsentinel_cli.scan.recognize.javascript.effects import Bodies, Dispatch
from agentsentinel_cli.scan.recognize.javascript.lookups import resolve_exports
from agentsentinel_cli.scan.recognize.javascript.registered import find_registered
from agentsentinel_cli.scan.recognize.javascript.safeguards import add_tool_safeguards, with_safeguards
from agentsentinel_cli.scan.recognize.javascript.subclassed import find_subclassed
from agentsentinel_cli.scan.syntax.javascript.nodes import opening_comment, parse
from agentsentinel_cli.scan.syntax.javascript.resolve import Resolver
from agentsentinel_cli.scan.syntax.javascript.scopes import read_symbols

_IDIOMS = (find_registered, find_constructed, find_subclassed, find_described)
"""Recognisers of tools, in order: each one skips what the earlier ones have found."""


def extract_javascript(path: str, data: bytes, wanted: frozenset[str] = frozenset()) -> FileFacts:
    """Extract the facts of a TypeScript or JavaScript file; nesting that is too deep becomes `FileFacts.problem`."""
    try:
        root = parse(path, data)
        module = read_symbols(root)
        values = Resolver(module)
        tools = ToolCollector(module, values, Bodies(module, values), Dispatch(module, values))
        for find in _IDIOMS:
            find(tools)
        agents = with_safeguards(find_agents(tools), tools)
        add_tool_safeguards(tools)
        exports = resolve_exports(wanted, tools)
        return FileFacts(
            opening_comment(root),
            description_of_file(tools),
            model_of_file(tools),
            tools.sorted(),
            agents,
            functions=exports.functions,
            lists=exports.lists,
            constants=exports.constants,
            forwards=exports.forwards,
        )
    except (RecursionError, MemoryError):
        return FileFacts(problem="is nested too deeply to be read")


__all__ = ["extract_javascript"]
