"""What a tool found in source can do: core decides, this hands over the evidence."""

import re

from agentsentinel_cli.scan.facts import ToolFact
from agentsentinel_cli.scan.masking import masked
from agentsentinel_core.patterns import late
from agentsentinel_core.records import replace
from agentsentinel_core.tools.body import BodyAct, ObservedAct
from agentsentinel_core.tools.classify import ToolClass, classify

_SECTIONS = late(
    r"\n\s*(?:args|arguments|parameters|params|returns?|raises|yields|examples?|notes?|usage|see also)\s*:?\s*(?:\n|$)"
    r"|\n\s*(?::param|:return|@param|@returns?)\b|\n\s*[-=]{3,}\s*\n|\n\s*(?:args|returns|raises)\s*:",
    re.IGNORECASE,
)
"""Where a docstring stops saying what the tool does."""

# What frameworks and providers bring along, where the name alone says too little.
_KNOWN_ACTS: dict[str, BodyAct] = {
    "BuiltInCodeExecutor": BodyAct.CODE_RUNNER,
    "CodeExecutionTool": BodyAct.CODE_RUNNER,
    "CodeInterpreterTool": BodyAct.CODE_RUNNER,
    "CommandLineTool": BodyAct.SHELL,
    "ComputerTool": BodyAct.CODE_RUNNER,
    "DaytonaTools": BodyAct.CODE_RUNNER,
    "DockerCommandLineCodeExecutor": BodyAct.CODE_RUNNER,
    "E2BTools": BodyAct.CODE_RUNNER,
    "FileSearchTool": BodyAct.FILE_READ,
    "LocalCommandLineCodeExecutor": BodyAct.CODE_RUNNER,
    "LocalShellTool": BodyAct.SHELL,
    "PythonAstREPLTool": BodyAct.EVAL,
    "PythonCodeExecutionTool": BodyAct.CODE_RUNNER,
    "PythonREPL": BodyAct.EVAL,
    "PythonREPLTool": BodyAct.EVAL,
    "PythonTools": BodyAct.CODE_RUNNER,
    "SessionsPythonTool": BodyAct.CODE_RUNNER,
    "ShellTool": BodyAct.SHELL,
    "built_in_code_execution": BodyAct.CODE_RUNNER,
    "codeExecution": BodyAct.CODE_RUNNER,
    "code_execution": BodyAct.CODE_RUNNER,
    "code_interpreter": BodyAct.CODE_RUNNER,
    "computer": BodyAct.CODE_RUNNER,
    "computerTool": BodyAct.CODE_RUNNER,
    "textEditor": BodyAct.FILE_WRITE,
    "text_editor": BodyAct.FILE_WRITE,
}
_VERSION = late(r"_\d{8}$")
"""Providers date their tools: `code_execution_20250825`."""


def without_credentials(fact: ToolFact) -> ToolFact:
    """The tool with every credential masked that its texts quote; reports show both description and calls."""
    return replace(
        fact,
        description=masked(fact.description),
        acts=tuple(replace(act, text=masked(act.text)) for act in fact.acts),
    )


def class_of_fact(name: str, fact: ToolFact) -> ToolClass:
    """The class of a tool that the source defines; `name` may be that of its function when the tool's is not known."""
    return classify(
        name,
        description=_SECTIONS.split(fact.description, maxsplit=1)[0] or None,
        annotations=dict(fact.annotations) or None,
        input_schema={"properties": {parameter: {} for parameter in fact.parameters}} if fact.parameters else None,
        body=[ObservedAct(BodyAct(act.kind), act.text) for act in fact.acts],
    )


def class_of_name(name: str) -> ToolClass:
    """The class of a tool that is only granted here: a class of a package, or a provider's tool."""
    name = _VERSION.sub("", name)
    act = _KNOWN_ACTS.get(name)
    short = name.removesuffix("s").removesuffix("Tool") or name
    return classify(short, body=[ObservedAct(act, f"{name}(...)")]) if act else classify(short)


def is_sure(found: ToolClass, fact: ToolFact) -> bool:
    """Whether body or name decided, and no claim in prose or schema raised the class."""
    alone = classify(found.name)
    same = (found.scope, found.is_dangerous, found.capabilities) == (
        alone.scope,
        alone.is_dangerous,
        alone.capabilities,
    )
    return bool(fact.acts) or same
