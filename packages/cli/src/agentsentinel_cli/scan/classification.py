"""Classification of tools found in source: passes the evidence from a fact to the classifier in core."""

import re
from collections.abc import Collection

from agentsentinel_cli.scan.catalog.hosted import HOSTED_EFFECTS
from agentsentinel_cli.scan.catalog.toolkits import BEARERS, TOOLKITS
from agentsentinel_cli.scan.model import SafeguardFact, ToolFact
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.masking import masked
from agentsentinel_core.tools.classify import ToolClass, classify, merged
from agentsentinel_core.tools.effects import SAFEGUARDS, EffectKind, ObservedEffect

_SECTIONS = lazy_compile(
    r"\n\s*(?:args|arguments|parameters|params|returns?|raises|yields|examples?|notes?|usage|see also)\s*:?\s*(?:\n|$)"
    r"|\n\s*(?::param|:return|@param|@returns?)\b|\n\s*[-=]{3,}\s*\n|\n\s*(?:args|returns|raises)\s*:",
    re.IGNORECASE,
)
"""Start of a docstring section ("Args:", ":param", "@returns"), after which the text no longer describes the tool."""

GIVEN_TOOLS = {**TOOLKITS, **BEARERS}

VERSION = lazy_compile(r"_\d{8}$")
"""Date suffix that providers add to tool names: `code_execution_20250825`."""


def without_credentials(fact: ToolFact) -> ToolFact:
    """Return the tool with credentials masked in its description and its calls, which reports show."""
    return replace(
        fact,
        description=masked(fact.description),
        effects=tuple(replace(effect, text=masked(effect.text)) for effect in fact.effects),
    )


def class_of_fact(name: str, fact: ToolFact) -> ToolClass:
    """Classify a tool that the source defines; `name` may be its function's name when the tool's own is not known."""
    return classify(
        name,
        description=_SECTIONS.split(fact.description, maxsplit=1)[0] or None,
        annotations=dict(fact.annotations) or None,
        input_schema={"properties": {parameter: {} for parameter in fact.parameters}} if fact.parameters else None,
        body=[ObservedEffect(EffectKind(effect.kind), effect.text) for effect in fact.effects],
    )


def class_of_name(name: str) -> ToolClass:
    """Classify a tool that is granted but not defined in the source: a class of a package, or a provider's tool."""
    name = VERSION.sub("", name)
    effect = HOSTED_EFFECTS.get(name)
    short = name.removesuffix("s").removesuffix("Tool") or name
    return classify(short, body=[ObservedEffect(EffectKind(effect), f"{name}(...)")]) if effect else classify(short)


def class_of_given(name: str, included: Collection[str] = (), excluded: Collection[str] = ()) -> ToolClass:
    """Classify what a package's class gives an agent: one tool, or the tools of a toolkit, all or those included."""
    given = GIVEN_TOOLS.get(name)
    if given is None:
        return class_of_name(name)
    chosen = {tool for tool in given if (not included or tool in included) and tool not in excluded} or set(given)
    classes = [
        classify(tool, body=[ObservedEffect(EffectKind(effect), f"{name}: {tool}") for effect in effects])
        for tool, effects in given.items()
        if tool in chosen
    ]
    return merged(name, classes)


def is_sure(found: ToolClass, fact: ToolFact) -> bool:
    """Tell whether the class rests on body or name alone, and was not raised by a description or schema."""
    alone = classify(found.name)
    same = (found.scope, found.is_dangerous, found.capabilities) == (
        alone.scope,
        alone.is_dangerous,
        alone.capabilities,
    )
    return any(effect.kind not in SAFEGUARDS for effect in fact.effects) or same


def safeguards_of(fact: ToolFact) -> tuple[SafeguardFact, ...]:
    """Return the approvals and limits among the effects of a tool."""
    return tuple(
        SafeguardFact(effect.kind, effect.place, effect.text) for effect in fact.effects if effect.kind in SAFEGUARDS
    )
