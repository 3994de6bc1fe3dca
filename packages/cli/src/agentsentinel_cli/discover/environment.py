"""Keys of LLM providers in a process's environment and command line, by the format of their values. Pure.

A value counts when it has a provider's key format, whatever the variable is called, or when it looks random and the
variable is one of a provider's. Placeholders do not count. The decision is the scanner's, so both commands agree.
"""

from collections.abc import Iterable, Mapping, Sequence

from agentsentinel_cli.discover.model import ApiKey
from agentsentinel_cli.discover.providers import KEY_FORMATS, VARIABLES
from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret
from agentsentinel_cli.scan.content.credentials import GENERIC, find_secrets

_LONGEST_VALUE = 4096
"""Longer values are documents, not keys."""
_WHOLLY_MASKED = 20
"""Values shorter than this are masked wholly: half of a short key would be too much of it."""
_FIRST, _LAST = 8, 4
_OWN = ("AGENTSENTINEL_", "SENTINEL_")


def exposed_keys(environment: Mapping[str, str], arguments: Sequence[str] = ()) -> tuple[ApiKey, ...]:
    """Return the keys of LLM providers in an environment and a command line, each masked and once."""
    named = [*_variables(environment), *_options(arguments)]
    keys = (_key(name, value) for name, value in named if len(value) <= _LONGEST_VALUE)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def mask(value: str) -> str:
    """Return the first eight and the last four characters of a key, or three asterisks for a short one."""
    if len(value) < _WHOLLY_MASKED:
        return "***"
    return f"{value[:_FIRST]}...{value[-_LAST:]}"


def is_monitored(environment: Mapping[str, str]) -> bool:
    """Whether an environment holds a key with which an agent reports to AgentSentinel."""
    return any(environment.get(name, "").startswith("as_") for name in ("AGENTSENTINEL_API_KEY", "SENTINEL_API_KEY"))


def _variables(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, value.strip()) for name, value in environment.items() if not name.startswith(_OWN))


def _options(arguments: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield the options of a command line with their values: `--api-key=VALUE`, `--api-key VALUE`, `NAME=VALUE`."""
    previous = ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals and len(name) <= 64:
            yield (name if name.startswith("-") else f"-e {name}"), value
        elif previous.startswith("-"):
            yield previous, argument
        previous = argument


def _key(name: str, value: str) -> ApiKey | None:
    variable = name.removeprefix("-e ")
    # `X` says nothing, so only the format decides about a variable that does not belong to a provider.
    text = f'{variable if variable in VARIABLES else "X"}="{value}"'.encode("utf-8", "replace")
    if variable not in VARIABLES and not may_hold_secret(text):
        return None
    for fact in find_secrets("environment", text):
        if fact.provider in KEY_FORMATS:
            return ApiKey(name, mask(value), KEY_FORMATS[fact.provider])
        if fact.provider == GENERIC and variable in VARIABLES:
            return ApiKey(name, mask(value), VARIABLES[variable])
    return None
