"""What the definition of a container shows of an agent: keys in its environment, and what its image is. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentsentinel_cli.discover.environment import exposed_keys, is_monitored
from agentsentinel_cli.discover.model import ApiKey
from agentsentinel_cli.discover.program import is_mcp_package
from agentsentinel_cli.discover.providers import VARIABLES

_IMAGES = {
    "ollama": "Ollama",
    "vllm": "vLLM",
    "litellm": "LiteLLM",
    "langgraph": "LangChain",
    "langchain": "LangChain",
    "langflow": "LangChain",
    "flowise": "LangChain",
    "crewai": "CrewAI",
    "autogen": "AutoGen",
    "haystack": "Haystack",
    "n8n": "n8n",
    "dify": "Dify",
    "openwebui": "Open WebUI",
}
"""Word in an image's name -> framework."""
_WORD = re.compile(r"[a-z0-9]+")


class ContainerAgent(NamedTuple):
    """What shows that a container holds an agent."""

    frameworks: tuple[str, ...]
    api_keys: tuple[ApiKey, ...]
    provider: str | None
    is_monitored: bool
    evidence: tuple[str, ...]


def inspect_container(
    image: str, command: Sequence[str], environment: Mapping[str, str], references: Mapping[str, str]
) -> ContainerAgent | None:
    """Return the agent that a container holds, or None.

    Args:
        image: name of the image.
        command: entry point and arguments.
        environment: variables whose values stand in the definition.
        references: variables whose values come from elsewhere -> where from.
    """
    keys = exposed_keys(environment, command)
    named = {variable: place for variable, place in references.items() if variable in VARIABLES}
    frameworks = _frameworks(image)
    if not (keys or named or frameworks):
        return None
    evidence = [f"image {image}"] if frameworks else []
    evidence += [f"{variable} comes from {place}" for variable, place in named.items()]
    providers = [key.provider for key in keys] + [VARIABLES[variable] for variable in named]
    return ContainerAgent(frameworks, keys, next(iter(providers), None), is_monitored(environment), tuple(evidence))


def _frameworks(image: str) -> tuple[str, ...]:
    name = image.split("@", maxsplit=1)[0].lower()
    words = _WORD.findall(name)
    found = [label for word, label in _IMAGES.items() if word in words or word == "".join(words[-3:-1])]
    return tuple(dict.fromkeys([*found, *(["MCP"] if is_mcp_package(name) else [])]))


def variables_of(entries: object) -> dict[str, str]:
    """Return a container's environment from a list of `NAME=value`; other entries are passed over."""
    texts = [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []
    return {name: value for name, equals, value in (text.partition("=") for text in texts) if equals}


def texts_of(value: object) -> list[str]:
    """Return the texts in a list; empty for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def member(value: object, *path: str) -> object:
    """Return a nested member of a JSON document, or None when some part of the path is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
