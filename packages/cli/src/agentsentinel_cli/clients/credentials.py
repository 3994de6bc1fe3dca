"""Credentials in configuration files, found as `sentinel scan` finds them in source."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from agentsentinel_cli.clients.leaves import Leaf, leaves
from agentsentinel_cli.scan.content.credentials import find_secrets
from agentsentinel_core.agents import HardcodedSecret

_LONGEST_VALUE = 8000
_LONGEST_NAME = 100


def secrets_in(data: Any, file: str) -> tuple[HardcodedSecret, ...]:
    """Return the credentials in a document.

    A value is looked at together with its name: the key before it, the option before an argument, the name in
    `NAME=VALUE`, in a header and in the query of an address.
    """
    places: list[str] = []
    lines: list[bytes] = []
    for leaf in leaves(data):
        if isinstance(leaf.value, str) and leaf.value:
            for name, value in _pairs(leaf):
                places.append(leaf.shown)
                lines.append(json.dumps({name[-_LONGEST_NAME:]: value[:_LONGEST_VALUE]}).encode())
    found = {
        (places[fact.place.line - 1], fact.provider, fact.masked): fact.is_certain
        for fact in find_secrets(file, b"\n".join(lines))
    }
    return tuple(
        HardcodedSecret(provider, shown, is_certain, f"{file}: {place}")
        for (place, provider, shown), is_certain in found.items()
    )


def _pairs(leaf: Leaf) -> Iterator[tuple[str, str]]:
    """Yield a value by its name, and the values that stand in it by theirs."""
    text: str = leaf.value
    key = next((key for key in reversed(leaf.path) if isinstance(key, str)), "")
    yield (leaf.before.lstrip("-") if leaf.before.startswith("-") else key), text
    if "://" in text:
        try:
            yield from parse_qsl(urlsplit(text).query)
        except ValueError:  # an address without sense
            return
        return
    for sign in ("=", ":"):
        name, found, value = text.partition(sign)
        if found and value and name.replace("-", "").replace("_", "").isalnum():
            yield name, value.strip()
