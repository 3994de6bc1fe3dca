"""Extractor of facts from TypeScript and JavaScript files.

Bytes are parsed to a tree (`syntax`), which is read into a symbol table (`module`) with name resolution (`values`).
Then each idiom, in its own file, adds the tools it recognises, and `agents` finds who may call them. Broken code still
gives the facts of the parts that can be parsed.
"""

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.javascript.agents import description_of_file, find_agents, model_of_file
from agentsentinel_cli.scan.recognize.javascript.collector import Tools
from agentsentinel_cli.scan.recognize.javascript.constructed import find_made
from agentsentinel_cli.scan.recognize.javascript.described import find_schemas
from agentsentinel_cli.scan.recognize.javascript.effects import Bodies, Dispatch
from agentsentinel_cli.scan.recognize.javascript.lookups import answer
from agentsentinel_cli.scan.recognize.javascript.registered import find_registered
from agentsentinel_cli.scan.recognize.javascript.subclassed import find_classes
from agentsentinel_cli.scan.syntax.javascript.nodes import opening_comment, parse
from agentsentinel_cli.scan.syntax.javascript.resolve import Values
from agentsentinel_cli.scan.syntax.javascript.scopes import read_module

_IDIOMS = (find_registered, find_made, find_classes, find_schemas)
"""Recognisers of tools, in order: each one skips what the earlier ones have found."""


def extract_javascript(path: str, data: bytes, wanted: frozenset[str] = frozenset()) -> FileFacts:
    """Extract the facts of a TypeScript or JavaScript file; nesting that is too deep becomes `FileFacts.problem`."""
    try:
        root = parse(path, data)
        module = read_module(root)
        values = Values(module)
        tools = Tools(module, values, Bodies(module, values), Dispatch(module, values))
        for find in _IDIOMS:
            find(tools)
        agents = find_agents(tools)
        answers = answer(wanted, tools)
        return FileFacts(
            opening_comment(root),
            description_of_file(tools),
            model_of_file(tools),
            tools.sorted(),
            agents,
            functions=answers.functions,
            lists=answers.lists,
            constants=answers.constants,
            forwards=answers.forwards,
        )
    except (RecursionError, MemoryError):
        return FileFacts(problem="is nested too deeply to be read")


__all__ = ["extract_javascript"]
