"""Extractor of facts from Python files and notebooks.

Bytes are decoded to text, parsed to a tree and read into a symbol table with name resolution (`syntax.python`). Then
each recogniser, in its own file, adds the tools of one form to the collector.
"""

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python.agent_identity import describe_file, model_of_file
from agentsentinel_cli.scan.recognize.python.agents import find_agents
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.constructed import find_constructed
from agentsentinel_cli.scan.recognize.python.decorated import find_decorated
from agentsentinel_cli.scan.recognize.python.described import find_described
from agentsentinel_cli.scan.recognize.python.effects import Bodies
from agentsentinel_cli.scan.recognize.python.functions import docstring
from agentsentinel_cli.scan.recognize.python.lookups import resolve_exports
from agentsentinel_cli.scan.recognize.python.safeguards import add_tool_safeguards
from agentsentinel_cli.scan.recognize.python.subclassed import find_subclassed
from agentsentinel_cli.scan.syntax.python.parse import parse
from agentsentinel_cli.scan.syntax.python.resolve import Resolver
from agentsentinel_cli.scan.syntax.python.scopes import SymbolTable, read_symbols
from agentsentinel_cli.scan.syntax.python.source import read_source

_TOO_DEEP = "is nested too deeply to be read"
_IDIOMS = (find_decorated, find_subclassed, find_constructed, find_described)
"""Recognisers of tools, in order: each one skips what the earlier ones have found."""


def extract_python(path: str, data: bytes, wanted: frozenset[str] = frozenset()) -> FileFacts:
    """Extract the facts of a .py file or a notebook. Never raises; a failure is described in `FileFacts.problem`."""
    source = read_source(path, data)
    if not source.text:
        return FileFacts(problem=source.problem)
    parsed = parse(source)
    if parsed.tree is None:
        return FileFacts(problem=parsed.problem)
    try:
        module = read_symbols(parsed.tree, source.text, source.lines)
    except (RecursionError, MemoryError):
        return FileFacts(problem=_TOO_DEEP)
    try:
        return _facts(module, wanted, parsed.problem)
    except (RecursionError, MemoryError):
        return FileFacts(problem=_TOO_DEEP)
    finally:
        module.release()


def _facts(module: SymbolTable, wanted: frozenset[str], problem: str | None) -> FileFacts:
    values = Resolver(module)
    tools = ToolCollector(module, values, Bodies(module, values))
    for find in _IDIOMS:
        find(tools)
    agents = find_agents(tools)
    add_tool_safeguards(tools)
    exports = resolve_exports(wanted, tools)
    return FileFacts(
        docstring(module.tree.body),
        describe_file(tools),
        model_of_file(tools),
        tools.sorted(),
        agents,
        functions=exports.functions,
        lists=exports.lists,
        constants=exports.constants,
        forwards=exports.forwards,
        problem=problem or values.problem,
    )


__all__ = ["extract_python"]
