"""What a tool found in source can do: core decides, this hands over the evidence."""

import re

from agentsentinel_cli.scan.facts import ToolFact
from agentsentinel_cli.scan.masking import masked
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_core.tools.effects import EffectKind, ObservedEffect

_SECTIONS = lazy_compile(
    r"\n\s*(?:args|arguments|parameters|params|returns?|raises|yields|examples?|notes?|usage|see also)\s*:?\s*(?:\n|$)"
    r"|\n\s*(?::param|:return|@param|@returns?)\b|\n\s*[-=]{3,}\s*\n|\n\s*(?:args|returns|raises)\s*:",
    re.IGNORECASE,
)
"""Where a docstring stops saying what the tool does."""

# What frameworks and providers bring along, where the name alone says too little.
_KNOWN_ACTS: dict[str, EffectKind] = {
    "BuiltInCodeExecutor": EffectKind.CODE_RUNNER,
    "CodeExecutionTool": EffectKind.CODE_RUNNER,
    "CodeInterpreterTool": EffectKind.CODE_RUNNER,
    "CommandLineTool": EffectKind.SHELL,
    "ComputerTool": EffectKind.CODE_RUNNER,
    "DaytonaTools": EffectKind.CODE_RUNNER,
    "DockerCommandLineCodeExecutor": EffectKind.CODE_RUNNER,
    "E2BTools": EffectKind.CODE_RUNNER,
    "FileSearchTool": EffectKind.FILE_READ,
    "LocalCommandLineCodeExecutor": EffectKind.CODE_RUNNER,
    "LocalShellTool": EffectKind.SHELL,
    "PythonAstREPLTool": EffectKind.EVAL,
    "PythonCodeExecutionTool": EffectKind.CODE_RUNNER,
    "PythonREPL": EffectKind.EVAL,
    "PythonREPLTool": EffectKind.EVAL,
    "PythonTools": EffectKind.CODE_RUNNER,
    "SessionsPythonTool": EffectKind.CODE_RUNNER,
    "ShellTool": EffectKind.SHELL,
    "built_in_code_execution": EffectKind.CODE_RUNNER,
    "codeExecution": EffectKind.CODE_RUNNER,
    "code_execution": EffectKind.CODE_RUNNER,
    "code_interpreter": EffectKind.CODE_RUNNER,
    "computer": EffectKind.CODE_RUNNER,
    "computerTool": EffectKind.CODE_RUNNER,
    "textEditor": EffectKind.FILE_WRITE,
    "text_editor": EffectKind.FILE_WRITE,
}
_VERSION = lazy_compile(r"_\d{8}$")
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
        body=[ObservedEffect(EffectKind(act.kind), act.text) for act in fact.acts],
    )


def class_of_name(name: str) -> ToolClass:
    """The class of a tool that is only granted here: a class of a package, or a provider's tool."""
    name = _VERSION.sub("", name)
    act = _KNOWN_ACTS.get(name)
    short = name.removesuffix("s").removesuffix("Tool") or name
    return classify(short, body=[ObservedEffect(act, f"{name}(...)")]) if act else classify(short)


def is_sure(found: ToolClass, fact: ToolFact) -> bool:
    """Whether body or name decided, and no claim in prose or schema raised the class."""
    alone = classify(found.name)
    same = (found.scope, found.is_dangerous, found.capabilities) == (
        alone.scope,
        alone.is_dangerous,
        alone.capabilities,
    )
    return bool(fact.acts) or same
