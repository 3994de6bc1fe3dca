"""Extraction of facts from one file: `extract(path, data, wanted)` chooses the language by the file's name.

`data` is the file's bytes; `wanted` are names of this file that other files ask for (see `FileFacts.functions`).
Extractors are pure: they open, import and execute nothing, and no input makes them raise.

Each language has a cheap prefilter on bytes (`may_matter`); a file that passes no prefilter has no facts and is never
parsed. Parsers are imported on first use: a scan of Python files never loads the JavaScript parser.
"""

from typing import NamedTuple

from agentsentinel_cli.scan import suffixes
from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_core.light_dataclasses import replace


class Hints(NamedTuple):
    """Results of the prefilters on a file's bytes."""

    may_hold_tools: bool
    may_hold_secret: bool


def hints(path: str, data: bytes) -> Hints:
    """Run the cheap prefilters: whether a file may hold tools or agents, and whether it may hold a credential."""
    from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret

    try:
        may_hold_tools = _may_hold_tools(path, data)
    except ImportError:  # the extraction reports which package is missing
        may_hold_tools = True
    return Hints(may_hold_tools, may_hold_secret(data))


def extract(
    path: str, data: bytes, wanted: frozenset[str] = frozenset(), known_hints: Hints | None = None
) -> FileFacts:
    """Extract all facts of a file. Never raises; a failure is described in `problem`."""
    try:
        shown = known_hints or hints(path, data)
        facts = _language_facts(path, data, wanted) if wanted or shown.may_hold_tools else FileFacts()
        return _with_what_any_text_holds(path, data, facts, shown)
    except RecursionError:
        return FileFacts(problem="nested too deeply")
    except MemoryError:
        return FileFacts(problem="needs too much memory")
    except ImportError as error:  # the parser has no wheel for this platform
        return FileFacts(problem=f"needs {error.name}, which is not installed")
    except Exception as error:
        return FileFacts(problem=f"cannot be read: {type(error).__name__}")


def _may_hold_tools(path: str, data: bytes) -> bool:
    if path.endswith(suffixes.PYTHON):
        from agentsentinel_cli.scan.catalog.prefilter_python import may_matter

        return may_matter(data)
    from agentsentinel_cli.scan.catalog.prefilter_javascript import may_matter as may_matter_in_javascript

    return may_matter_in_javascript(data)


def _language_facts(path: str, data: bytes, wanted: frozenset[str]) -> FileFacts:
    if path.endswith(suffixes.PYTHON):
        from agentsentinel_cli.scan.recognize.python import extract_python

        return extract_python(path, data, wanted)
    from agentsentinel_cli.scan.recognize.javascript import extract_javascript

    return extract_javascript(path, data, wanted)


def _with_what_any_text_holds(path: str, data: bytes, facts: FileFacts, shown: Hints) -> FileFacts:
    if shown.may_hold_secret:
        from agentsentinel_cli.scan.content.credentials import find_secrets

        facts = replace(facts, secrets=find_secrets(path, data))
    if facts.tools:
        from agentsentinel_cli.scan.content.poison import find_poison

        facts = replace(facts, poison=find_poison(facts.tools))
    if b"sentinel:" in data:
        from agentsentinel_cli.scan.content.suppression_comments import find_ignores

        facts = replace(facts, ignores=find_ignores(path, data))
    return facts
