"""Facts of TypeScript and JavaScript files.

The bytes become a tree (`syntax`), the tree a module whose names have meanings (`module`, `values`). Then each idiom, a
file of its own, adds the tools it knows, and `agents` says who may call them. Broken code still says what can be read.
"""

from agentsentinel_cli.scan.extract.javascript.agents import description_of_file, find_agents, model_of_file
from agentsentinel_cli.scan.extract.javascript.body import Bodies, Dispatch
from agentsentinel_cli.scan.extract.javascript.classes import find_classes
from agentsentinel_cli.scan.extract.javascript.factories import find_made
from agentsentinel_cli.scan.extract.javascript.found import Tools
from agentsentinel_cli.scan.extract.javascript.module import read_module
from agentsentinel_cli.scan.extract.javascript.registered import find_registered
from agentsentinel_cli.scan.extract.javascript.schemas import find_schemas
from agentsentinel_cli.scan.extract.javascript.syntax import opening_comment, parse
from agentsentinel_cli.scan.extract.javascript.values import Values
from agentsentinel_cli.scan.extract.javascript.wanted import answer
from agentsentinel_cli.scan.facts import FileFacts

_IDIOMS = (find_registered, find_made, find_classes, find_schemas)
"""In this order: what one has found, the next ones know."""


def extract_javascript(path: str, data: bytes, wanted: frozenset[str] = frozenset()) -> FileFacts:
    """What a TypeScript or JavaScript file says. Never raises; what could not be read is `FileFacts.problem`."""
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
